using Godwit.Cli.Terminal;
using Godwit.Connections;

namespace Godwit.Cli.Demo;

/// <summary>The demo between two real servers: start, fill, migrate, compare.</summary>
internal sealed class ServerDemo(
    ServerChoice choice,
    DemoMigration migration,
    DemoScreen screen,
    TimeProvider timeProvider
)
{
    private const int Birds = 1000;

    /// <summary>Runs it. The servers are gone when it returns, however it ends.</summary>
    /// <returns>True if both servers hold the same at the end.</returns>
    public async Task<bool> RunAsync(ServerPair pair, DemoDirectory directory, CancellationToken stop)
    {
        screen.Step("Start two servers");
        screen.Line("from", choice.Why);
        var source = await DemoServer
            .StartAsync(pair.Source, directory.PathOf("source"), timeProvider, stop)
            .ConfigureAwait(false);
        await using var endOfSource = source.ConfigureAwait(false);
        screen.Line("source", pair.Source.DisplayName);
        var target = await DemoServer
            .StartAsync(pair.Target, directory.PathOf("target"), timeProvider, stop)
            .ConfigureAwait(false);
        await using var endOfTarget = target.ConfigureAwait(false);
        screen.Line("target", pair.Target.DisplayName);

        var atSource = await source.ConnectAsync(timeProvider, stop).ConfigureAwait(false);
        await using var endAtSource = atSource.ConfigureAwait(false);
        var atTarget = await target.ConnectAsync(timeProvider, stop).ConfigureAwait(false);
        await using var endAtTarget = atTarget.ConfigureAwait(false);
        var features = (await ServerFeatures.AskAsync(atSource, stop).ConfigureAwait(false)).And(
            await ServerFeatures.AskAsync(atTarget, stop).ConfigureAwait(false)
        );

        await FillAsync(atSource, features, stop).ConfigureAwait(false);
        await migration.RunAsync(source.Endpoint, target.Endpoint, directory, stop).ConfigureAwait(false);
        return await CompareAsync(atSource, atTarget, features, stop).ConfigureAwait(false);
    }

    private async Task FillAsync(RedisConnection source, ServerFeatures features, CancellationToken stop)
    {
        screen.Step("Fill the source with every type");
        var start = timeProvider.GetTimestamp();
        var data = new DemoData(Birds, timeProvider.GetUtcNow().ToUnixTimeMilliseconds(), features);
        await CommandPipeline.SendAsync(source, data.Commands(), stop).ConfigureAwait(false);

        var info = await ServerInfo.AskAsync(source, stop).ConfigureAwait(false);
        var keys = info.Keyspaces.Sum(keyspace => keyspace.Keys);
        var expiring = info.Keyspaces.Sum(keyspace => keyspace.Expires);
        screen.Line(
            "keys",
            $"{Quantity.Count(keys)} in {info.Keyspaces.Count} databases, {Quantity.Count(expiring)} of them expire"
        );
        screen.Line(
            "among them",
            "binary keys and values, streams with groups and pending entries, "
                + (features.FieldExpiry ? "hashes whose fields expire, " : "")
                + "scores of ±inf"
        );
        if (features.Since70)
            screen.Line("besides", "a function library");
        screen.Line("time", Quantity.Duration(timeProvider.GetElapsedTime(start)));
    }

    private async Task<bool> CompareAsync(
        RedisConnection source,
        RedisConnection target,
        ServerFeatures features,
        CancellationToken stop
    )
    {
        screen.Step("Compare both, key by key, by the servers' own commands");
        var result = await new ServerComparison(source, target, features).CompareAsync(stop).ConfigureAwait(false);
        screen.Types(result);
        if (result.Differences.Count > 0)
        {
            screen.Verdict(
                false,
                "Different:",
                $"{Quantity.Count(result.Differences.Count)} of what the two hold is not the same at both."
            );
            screen.Differences(result.Differences);
            return false;
        }

        var libraries = result.Libraries > 0 ? " and the function library" : "";
        // An older server tells only how long a key still has.
        var precision = features.Since70 ? "millisecond" : "second";
        screen.Verdict(
            true,
            "Equal:",
            $"{Quantity.Keys(result.Keys)}{libraries}, by type, by every element, and by expiry to the {precision}."
        );
        return true;
    }
}
