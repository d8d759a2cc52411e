using Godwit.SideBySide.Measuring;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Contenders;

/// <summary>Moves the data set into a fresh server, and looks at the end whether all of it is there.</summary>
internal abstract class IntoServer(bool readsFromSource) : IContender
{
    public abstract string Name { get; }

    public async Task<Figures> RunAsync(Setting setting, CancellationToken cancellationToken)
    {
        await using var target = await Server.StartAsync(
            setting.Program,
            rdbFile: null,
            setting.Directories,
            cancellationToken
        );
        await using var ping = setting.Data.StrainsTheTarget ? PingWatch.Start(target.Port) : null;
        setting.Source.ResetPeakMemory();
        var sourceBefore = await setting.Source.CpuAsync(cancellationToken);
        var targetBefore = await target.CpuAsync(cancellationToken);

        var figures = await MoveAsync(setting, target, cancellationToken);

        var worstPing = ping is null ? (TimeSpan?)null : await ping.StopAsync();
        var targetCpu = await target.CpuAsync(cancellationToken) - targetBefore;
        var sourceCpu = await setting.Source.CpuAsync(cancellationToken) - sourceBefore;
        var arrived = await target.KeyspaceAsync(cancellationToken);
        if (!arrived.IsSameAs(setting.Keyspace))
            throw new BenchException($"the target holds {arrived} where the source holds {setting.Keyspace}");
        return figures with
        {
            Source = readsFromSource ? new Usage(sourceCpu, setting.Source.PeakMemory) : null,
            Target = new Usage(targetCpu, target.PeakMemory),
            WorstPing = worstPing,
        };
    }

    /// <summary>Moves it and measures the time, and the program's own part.</summary>
    protected abstract Task<Figures> MoveAsync(Setting setting, Server target, CancellationToken cancellationToken);
}
