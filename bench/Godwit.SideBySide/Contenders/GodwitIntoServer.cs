using Godwit.SideBySide.Measuring;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Contenders;

/// <summary>Godwit, from a live server or from the file, into a server.</summary>
/// <param name="name">What the results call it.</param>
/// <param name="read">What <c>--read</c> gets; null to read the file.</param>
internal sealed class GodwitIntoServer(string name, string? read) : IntoServer(readsFromSource: read is not null)
{
    public override string Name => name;

    protected override Task<Figures> MoveAsync(Setting setting, Server target, CancellationToken cancellationToken)
    {
        string[] ends = read is null
            ? [setting.Files.Rdb, target.Uri]
            : ["--read", read, setting.Source.Uri, target.Uri];
        return GodwitProcess.MigrateAsync(setting, ends, cancellationToken);
    }
}
