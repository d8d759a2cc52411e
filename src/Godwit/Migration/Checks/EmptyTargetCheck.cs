using System.Globalization;
using Godwit.Endpoints;
using Godwit.Transform;

namespace Godwit.Migration.Checks;

/// <summary>With <c>--on-existing fail</c> nothing begins while the target holds a key that could clash.</summary>
internal static class EmptyTargetCheck
{
    /// <summary>True if the user's choices want the target to be empty.</summary>
    public static bool IsWanted(MigrationOptions options) =>
        options is { OnExisting: OnExisting.Fail, FlushTarget: false, RetryFile: null };

    /// <summary>Looks at each database that could clash.</summary>
    /// <param name="target">The target, or one of its nodes.</param>
    /// <param name="sources">The sources.</param>
    /// <param name="options">The user's choices.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    public static async Task<IReadOnlyList<Finding>> OfAsync(
        LiveEnd target,
        SourceEnds sources,
        MigrationOptions options,
        CancellationToken cancellationToken
    )
    {
        var databases = await KeysAsync(target, cancellationToken).ConfigureAwait(false);
        if (databases is null)
        {
            return
            [
                Finding.Stop(
                    CheckNames.NotEmpty,
                    $"{target.Connection.Endpoint} tells us neither INFO nor DBSIZE, so that nobody can say whether it is empty",
                    "Let the user run them (ACL SETUSER name +info +dbsize), or choose --on-existing skip or replace."
                ),
            ];
        }

        var only = ((ServerEndpoint)options.Target).Database;
        var clashes = databases
            .Where(database => database.Keys > 0 && CouldClash(database.Number, only, sources, options.Databases))
            .Select(database =>
                Finding.Stop(
                    CheckNames.NotEmpty,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The target {target.Connection.Endpoint} is not empty: database {database.Number} holds {database.Keys} {(database.Keys == 1 ? "key" : "keys")}, which could clash"
                    ),
                    "Choose --on-existing skip (the target's keys stay) or --on-existing replace (the source's win), or empty it first with --flush-target --yes."
                )
            )
            .ToArray();
        return clashes.Length > 0
            ? clashes
            : [Finding.Ok(CheckNames.NotEmpty, "The target holds no key that could clash")];
    }

    private static bool CouldClash(int database, int? only, SourceEnds sources, DatabaseMap map)
    {
        if (only is not null)
            return database == only;
        if (sources.HasFiles || sources.Live.Any(source => !source.Info.IsComplete))
            return true;
        return sources.Live.Any(source =>
            source.Connection.Endpoint.Database is { } from
                ? database == map.Of(from)
                : source.Info.Keyspaces.Any(keyspace => map.Of(keyspace.Database) == database)
        );
    }

    private static async Task<IEnumerable<(int Number, long Keys)>?> KeysAsync(
        LiveEnd end,
        CancellationToken cancellationToken
    )
    {
        if (end.Info.IsComplete)
            return end.Info.Keyspaces.Select(keyspace => (keyspace.Database, keyspace.Keys));

        var size = await end.Connection.TryExecuteAsync(cancellationToken, "DBSIZE").ConfigureAwait(false);
        return size.IsError ? null : [(end.Connection.Endpoint.Database ?? 0, size.Integer)];
    }
}
