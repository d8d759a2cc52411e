using System.Globalization;
using Godwit.Connections;
using Godwit.Migration;
using Godwit.Migration.Checks;
using Godwit.Planning.Sampling;
using Godwit.Targets.Redis;

namespace Godwit.Planning;

/// <summary>What the sampled keys say of a migration of all.</summary>
internal static class SampleFindings
{
    // As TYPE says them. Any other is a module's, or newer than this version of Godwit.
    private static readonly string[] CoreTypes = ["string", "list", "set", "zset", "hash", "stream"];

    /// <summary>How many of the keys the target can RESTORE.</summary>
    /// <param name="samples">The keys.</param>
    /// <param name="target">What it takes, told from its version: asking would be a RESTORE.</param>
    /// <param name="byCommands">How many go by their types' commands instead.</param>
    public static Finding Restore(IReadOnlyList<KeySample> samples, TargetProfile target, out int byCommands)
    {
        var serialized = samples
            .SelectMany(sample => sample.Keys)
            .Where(key => key.Serialized is not null)
            .Select(key => key.Serialized!.Value)
            .ToArray();
        byCommands = serialized.Count(value => target.Restore.SignatureFor(value.Type, value.Version) is null);
        if (serialized.Length == 0)
            return Finding.Ok(CheckNames.Restore, "No sampled key tells which payloads there are");
        return byCommands == 0
            ? Finding.Ok(CheckNames.Restore, $"{target.Server} can RESTORE all of {Of(serialized.Length)}")
            : Finding.Ok(
                CheckNames.Restore,
                $"{Count(byCommands)} of {Of(serialized.Length)} go by their types' commands: {target.Server} cannot RESTORE them"
            );
    }

    /// <summary>Types that only a module can hold, or that nobody here knows.</summary>
    public static Finding Types(KeySample sample, LiveEnd source, LiveEnd target)
    {
        if (sample.Keys.Count == 0)
            return Finding.Ok(CheckNames.Types, "No key was sampled");

        var foreign = sample
            .Keys.Where(key => key.Type != "unknown" && !CoreTypes.Contains(key.Type, StringComparer.Ordinal))
            .ToArray();
        if (foreign.Length == 0)
            return Finding.Ok(CheckNames.Types, $"No module is needed for any of {Of(sample.Keys.Count)}");

        var types = string.Join(", ", foreign.Select(key => key.Type).Distinct(StringComparer.Ordinal));
        var found = $"{Count(foreign.Length)} of {Of(sample.Keys.Count)} are of types that only modules hold ({types})";
        if (target.Modules is null)
            return Finding.Warning(CheckNames.Types, $"{found}, and the target does not tell which modules it has");

        var missing = (source.Modules ?? [])
            .Select(module => module.Name)
            .Except(target.Modules.Select(module => module.Name), StringComparer.OrdinalIgnoreCase)
            .ToArray();
        return missing.Length == 0 && target.Modules.Count > 0
            ? Finding.Ok(CheckNames.Types, $"{found}, and the target has every module of the source")
            : Finding.Warning(
                CheckNames.Types,
                $"{found}, and the target lacks {(missing.Length > 0 ? string.Join(", ", missing) : "all modules")}: they will fail",
                "Load the modules at the target first, or let these keys fail and be named (--max-errors)."
            );
    }

    /// <summary>How many of the keys are at the target already.</summary>
    public static async Task<Finding> BothSidesAsync(
        KeySample sample,
        ServerEnd target,
        MigrationOptions options,
        CancellationToken cancellationToken
    )
    {
        if (options.FlushTarget)
            return Finding.Ok(CheckNames.BothSides, "What the target holds is deleted first, as you ask");

        var count = await CountAtAsync(sample, target, cancellationToken).ConfigureAwait(false);
        if (count is null)
            return Finding.Ok(CheckNames.BothSides, "Cannot tell which keys the target has already: EXISTS is refused");
        if (count == 0)
            return Finding.Ok(CheckNames.BothSides, $"The target has none of {Of(sample.Keys.Count)}");

        return Finding.Warning(
            CheckNames.BothSides,
            $"The target has {Count(count.Value)} of {Of(sample.Keys.Count)} already",
            options.OnExisting switch
            {
                OnExisting.Skip => "They stay as they are there (--on-existing skip).",
                OnExisting.Replace => "The source's take their place (--on-existing replace).",
                _ => "Choose --on-existing skip or replace; with fail nothing begins.",
            }
        );
    }

    /// <summary>How many of one source's keys another source has too.</summary>
    public static async Task<Finding> SeveralSourcesAsync(
        KeySample sample,
        ServerEnd source,
        ServerEnd other,
        MigrationOptions options,
        CancellationToken cancellationToken
    )
    {
        var count = await CountAtAsync(sample, other, cancellationToken).ConfigureAwait(false);
        if (count is null)
            return Finding.Ok(
                CheckNames.SeveralSources,
                $"Cannot tell which keys {other.Endpoint} has too: EXISTS is refused"
            );
        return count == 0
            ? Finding.Ok(
                CheckNames.SeveralSources,
                $"{other.Endpoint} has none of {Of(sample.Keys.Count)} of {source.Endpoint}"
            )
            : Finding.Warning(
                CheckNames.SeveralSources,
                $"{other.Endpoint} has {Count(count.Value)} of {Of(sample.Keys.Count)} of {source.Endpoint} too",
                options.OnExisting switch
                {
                    OnExisting.Skip => "The one that comes first stays (--on-existing skip).",
                    OnExisting.Replace => "The one that comes last stays (--on-existing replace).",
                    _ =>
                        "The one that comes second fails. Choose --on-existing skip or replace, or rename the keys of one.",
                }
            );
    }

    private static async Task<int?> CountAtAsync(KeySample sample, ServerEnd end, CancellationToken cancellationToken)
    {
        var count = 0;
        foreach (
            var keys in sample.Keys.GroupBy(key =>
                (Node: end.NodeOf(key.Name), Database: end.Endpoint.Database ?? key.Database)
            )
        )
        {
            var (node, database) = keys.Key;
            var connection = node.Connection;
            var selected = await connection
                .TryExecuteAsync(cancellationToken, "SELECT", database)
                .ConfigureAwait(false);
            // A database that is not there holds none of them.
            if (selected.IsError && database != (end.Endpoint.Database ?? 0))
                continue;
            var replies = await Pipeline
                .AskAsync(
                    connection,
                    keys.Select(key => (Protocol.Resp.RespArgument[])["EXISTS", key.Name]),
                    cancellationToken
                )
                .ConfigureAwait(false);
            if (replies.Any(reply => reply.IsError))
                return null;
            count += replies.Count(reply => reply.Integer > 0);
            await connection
                .TryExecuteAsync(cancellationToken, "SELECT", end.Endpoint.Database ?? 0)
                .ConfigureAwait(false);
        }

        return count;
    }

    private static string Of(int sampled) => $"{Count(sampled)} sampled {(sampled == 1 ? "key" : "keys")}";

    private static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
