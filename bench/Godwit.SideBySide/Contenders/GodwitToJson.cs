using Godwit.SideBySide.Measuring;

namespace Godwit.SideBySide.Contenders;

/// <summary>Godwit decodes every value of the file and writes it as JSON to nowhere.</summary>
internal sealed class GodwitToJson : IContender
{
    public string Name => ContenderNames.GodwitJson;

    public Task<Figures> RunAsync(Setting setting, CancellationToken cancellationToken) =>
        GodwitProcess.MigrateAsync(setting, [setting.Files.Rdb, "json:/dev/null"], cancellationToken);
}
