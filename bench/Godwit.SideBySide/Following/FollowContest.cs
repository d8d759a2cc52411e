using System.Globalization;
using Godwit.SideBySide.Contenders;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Following;

/// <summary>
/// Finds out how fast a source may be written to while a follower keeps the target up to date, and how far that is behind. The
/// followers go by turns, so that what disturbs the machine for a while disturbs all of them.
/// </summary>
internal sealed class FollowContest(
    ServerProgram program,
    string godwit,
    double scale,
    int runs,
    WorkDirectories directories,
    Action<string> say
)
{
    /// <summary>Those that can follow.</summary>
    public static readonly IReadOnlyList<string> Followers = [ContenderNames.Replication, ContenderNames.GodwitLive];

    // Each halves what is left between a rate that is followed and one that is not: of the source's own rate a 32nd.
    private const int Steps = 5;

    // Of a step's time: a follower that is less behind at its end has taken 95 % of the rate, and more.
    private const double MostBehind = 0.05;

    private static readonly TimeSpan MostLag = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TimeSpan _warmUp = 2 * TimeSpan.FromSeconds(scale);
    private readonly TimeSpan _step = 3 * TimeSpan.FromSeconds(scale);
    private readonly TimeSpan _long = 5 * TimeSpan.FromSeconds(scale);

    public async Task<FollowResult> RunAsync(
        ChangeLoad load,
        IEnumerable<string> followers,
        CancellationToken cancellationToken
    )
    {
        var turns = followers.ToDictionary(name => name, _ => new List<FollowFigures>(), StringComparer.Ordinal);
        var failures = new List<string>();
        for (var run = 1; run <= runs; run++)
        {
            foreach (var (follower, figures) in turns)
            {
                try
                {
                    figures.Add(await RunAsync(load, follower, cancellationToken));
                    say($"follow {load.Name} {run}/{runs}: {follower}: {Rate(figures[^1].Rate)}");
                }
                catch (Exception exception) when (exception is BenchException or IOException)
                {
                    failures.Add($"{follower} does not count: {exception.Message}");
                    say($"follow {load.Name} {run}/{runs}: {failures[^1]}");
                    turns.Remove(follower);
                }
            }
        }

        return new FollowResult(load, [.. turns.Values.Select(FollowFigures.Of)], failures);
    }

    private static string Rate(double rate) => rate.ToString("#,0", CultureInfo.InvariantCulture) + "/s";

    private async Task<FollowFigures> RunAsync(ChangeLoad load, string name, CancellationToken cancellationToken)
    {
        await using var source = await StartServerAsync(cancellationToken);
        await using var target = await StartServerAsync(cancellationToken);
        await using var follower =
            name == ContenderNames.Replication
                ? await ReplicaFollower.StartAsync(source, target, cancellationToken)
                : GodwitFollower.Start(godwit, source, target, directories);
        await using var watch = LagWatch.Start(source.Port, target.Port);
        using var writer = await LoadWriter.ConnectAsync(load, source.Port, cancellationToken);

        // The first to arrive shows that it follows.
        await watch.LagsAsync(0, 1, Patience, cancellationToken);
        await WriteAsync(null, _warmUp, endsWhenLost: false);
        var most = (await WriteAsync(null, _long, endsWhenLost: false)).Rate;
        var (followed, lost) = (0.0, most);
        for (var step = 0; step < Steps; step++)
        {
            var tried = step == 0 ? most * 0.9 : (followed + lost) / 2;
            var written = await WriteAsync(tried, _step, endsWhenLost: true);
            var keepsUp = written.Worst < MostLag && written.Last < MostBehind * _step;
            if (keepsUp && written.Rate > 0.97 * tried)
                followed = tried;
            else
                lost = tried;
        }

        if (followed == 0)
            throw new BenchException($"it does not follow {Rate(lost)}");

        var before = await CpuAsync();
        var half = await WriteAsync(followed / 2, _long, endsWhenLost: false);
        if (half.Lags.Count == 0)
            throw new BenchException($"no lag was seen at {Rate(followed / 2)}");
        var after = await CpuAsync();
        var commands = half.Rate * _long.TotalSeconds;
        return new FollowFigures(name)
        {
            Rate = followed,
            SourceRate = most,
            Lags = [.. half.Lags.Order()],
            OwnCpu = (after.Own - before.Own)?.TotalMicroseconds / commands,
            SourceCpu = (after.Source - before.Source).TotalMicroseconds / commands,
            TargetCpu = (after.Target - before.Target).TotalMicroseconds / commands,
            OwnMemory = follower.Usage?.PeakMemory,
        };

        async Task<Written> WriteAsync(double? rate, TimeSpan time, bool endsWhenLost)
        {
            var from = watch.Written;
            var answered = await writer.WriteAsync(
                rate,
                time,
                () => endsWhenLost && watch.Now > MostLag,
                cancellationToken
            );
            var lags = await watch.LagsAsync(from, watch.Written, Patience, cancellationToken);
            _ = follower.Usage;
            return new Written(answered, lags);
        }

        async Task<(TimeSpan? Own, TimeSpan Source, TimeSpan Target)> CpuAsync() =>
            (follower.Usage?.Cpu, await source.CpuAsync(cancellationToken), await target.CpuAsync(cancellationToken));
    }

    // No bound on what the source keeps for a follower: a rate that it cannot follow is to be measured, not to cut it off.
    private async Task<Server> StartServerAsync(CancellationToken cancellationToken)
    {
        var server = await Server.StartAsync(program, rdbFile: null, directories, cancellationToken);
        using var connection = await server.ConnectAsync(cancellationToken);
        await connection.AskAsync(["CONFIG", "SET", "client-output-buffer-limit", "replica 0 0 0"], cancellationToken);
        return server;
    }

    // One that is lost from the beginning leaves no lags.
    private sealed record Written(double Rate, IReadOnlyList<TimeSpan> Lags)
    {
        public TimeSpan Worst => Lags.Count == 0 ? TimeSpan.MaxValue : Lags.Max();

        public TimeSpan Last => Lags.Count == 0 ? TimeSpan.MaxValue : Lags[^1];
    }
}
