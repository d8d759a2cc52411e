using Godwit.Live.Changes;
using Godwit.Live.Lanes;
using Godwit.Protocol.Commands;

namespace Godwit.Live.Routing;

/// <summary>Finds the keys of changes in the batch that they came in. Owns it, until the last of those who hold it lets go.</summary>
/// <param name="batch">The changes.</param>
/// <param name="holders">How many will dispose of it.</param>
/// <param name="onlyDatabase">The one database of the source whose keys count; null for all.</param>
internal sealed class RoutedChanges(ChangeBatch batch, int holders, int? onlyDatabase) : ILaneChanges
{
    private int _holders = holders;

    /// <inheritdoc/>
    public TouchedKeys KeysOf(in LaneStep step)
    {
        ref readonly var change = ref batch.Changes[step.Index];
        var (written, read) = (new List<DatabaseKey>(), new List<DatabaseKey>());
        var words = batch.Arguments(change);
        if (change.Command is null || !change.Command.TryLocateKeys(words, out var keys))
            throw new ChangeRefusedException(
                System.Text.Encoding.UTF8.GetString(words[0]),
                change.EndOffset,
                "nobody knows which keys it changes"
            );

        foreach (var key in keys)
        {
            var name = DatabaseKey.Of(change.Database, words[key.Argument]);
            (key.Access.HasFlag(KeyAccess.Write) ? written : read).Add(name);
        }

        if (change.Command.NamesDatabase && words.Count > 2)
            AddOtherDatabase(change.Command, words, written);
        if (onlyDatabase is { } only)
            written.RemoveAll(key => key.Database != only);
        return new TouchedKeys(written, read, change.Command.Treatment == CommandTreatment.ServerWide)
        {
            ReadsOthers = change.Command.Name == "SORT",
            Swapped = change.Command == CommandTable.SwapDb ? (Number(words, 1), Number(words, 2)) : null,
            IsFlush = change.Command == CommandTable.FlushDb || change.Command == CommandTable.FlushAll,
            FlushedDatabase = change.Command == CommandTable.FlushDb ? change.Database : null,
        };

        static int Number(CommandArguments words, int index) =>
            System.Buffers.Text.Utf8Parser.TryParse(words[index], out int number, out _) ? number : 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            batch.Dispose();
    }

    /// <summary>
    /// The database beside its own that a change writes to, as in <c>MOVE key db</c> and <c>COPY source destination DB db</c>; null for
    /// none.
    /// </summary>
    public static int? OtherDatabase(CommandSpec command, CommandArguments words)
    {
        for (var i = 2; i < words.Count; i++)
        {
            var isNumber =
                command == CommandTable.Move ? i == 2 : command == CommandTable.Copy && words.Is(i - 1, "DB"u8);
            if (isNumber && System.Buffers.Text.Utf8Parser.TryParse(words[i], out int database, out _))
                return database;
        }

        return null;
    }

    private static void AddOtherDatabase(CommandSpec command, CommandArguments words, List<DatabaseKey> written)
    {
        if (OtherDatabase(command, words) is { } database && written.Count > 0)
            written.Add(written[^1] with { Database = database });
    }
}
