using System.Runtime.CompilerServices;
using Godwit.Live.Lanes;

namespace Godwit.Live.Following;

/// <summary>
/// Finds keys that the target has and the source does not. What is found is read at the source once more before it is deleted.
/// </summary>
internal sealed class VanishedNames(FollowingEnds ends)
{
    /// <summary>Finds them, some at a time.</summary>
    /// <exception cref="Protocol.GodwitException">A connection was lost, or one of the two refused.</exception>
    public async IAsyncEnumerable<IReadOnlyList<DatabaseKey>> FindAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var source = await ends.ConnectSourceAsync(cancellationToken).ConfigureAwait(false);
        await using var closingSource = source.ConfigureAwait(false);
        var target = await ends.ConnectTargetAsync(cancellationToken).ConfigureAwait(false);
        await using var closingTarget = target.ConfigureAwait(false);
        var held = await KeyQuestions.DatabasesAsync(target, cancellationToken).ConfigureAwait(false);
        foreach (var (from, to) in Databases(held))
        {
            await source.ExecuteAsync(cancellationToken, "SELECT", from).ConfigureAwait(false);
            await target.ExecuteAsync(cancellationToken, "SELECT", to).ConfigureAwait(false);
            var cursor = "0";
            do
            {
                (cursor, var keys) = await KeyQuestions
                    .ScanAsync(target, cursor, cancellationToken)
                    .ConfigureAwait(false);
                var exists = await KeyQuestions
                    .AskAllAsync(source, "EXISTS", keys, cancellationToken)
                    .ConfigureAwait(false);
                var gone = keys.Where((_, index) => exists[index] == 0)
                    .Select(key => DatabaseKey.Of(from, key.Span))
                    .ToArray();
                if (gone.Length > 0)
                    yield return gone;
            } while (cursor != "0");
        }
    }

    private IEnumerable<(int From, int To)> Databases(IReadOnlyList<int> held)
    {
        if (ends.Ends.SourceServer.Database is { } only)
            return [(only, ends.Databases.AtTarget(only))];
        return ends.Ends.TargetServer.Database is { } into
            ? ends.Databases.Known.Select(database => (database, into))
            : held.Where(database => ends.Databases.SourceOf(database) is not null)
                .Select(database => (ends.Databases.SourceOf(database)!.Value, database));
    }
}
