using System.Globalization;
using System.Text.RegularExpressions;
using Godwit.SideBySide.Measuring;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Contenders;

/// <summary>A server that loads the file when it starts. The time is the one that its own log tells.</summary>
internal sealed partial class ServerLoad : IContender
{
    public string Name => ContenderNames.ServerLoad;

    public async Task<Figures> RunAsync(Setting setting, CancellationToken cancellationToken)
    {
        await using var server = await Server.StartAsync(
            setting.Program,
            setting.Files.Rdb,
            setting.Directories,
            cancellationToken
        );
        var loaded = LoadTime().Match(await server.LogAsync(cancellationToken));
        if (!loaded.Success)
            throw new BenchException("the server's log does not say how long it has loaded");
        var keyspace = await server.KeyspaceAsync(cancellationToken);
        if (!keyspace.IsSameAs(setting.Keyspace))
            throw new BenchException($"the server holds {keyspace} where the source holds {setting.Keyspace}");

        var seconds = double.Parse(loaded.Groups["seconds"].ValueSpan, CultureInfo.InvariantCulture);
        return new Figures(TimeSpan.FromSeconds(seconds))
        {
            Target = new Usage(await server.CpuAsync(cancellationToken), server.PeakMemory),
        };
    }

    [GeneratedRegex(
        "DB loaded from (disk|base file [^:]*): (?<seconds>[0-9.]+) seconds",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex LoadTime();
}
