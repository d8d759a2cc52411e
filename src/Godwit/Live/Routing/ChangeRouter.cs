using Godwit.Live.Changes;
using Godwit.Live.Expiry;
using Godwit.Live.Lanes;
using Godwit.Live.Positions;
using Godwit.Protocol.Cluster;
using Godwit.Protocol.Commands;

namespace Godwit.Live.Routing;

/// <summary>Decides what becomes of each change: whether it goes along, as what, to which database, and over which lanes.</summary>
/// <remarks>docs/live.md says the same for users.</remarks>
internal sealed class ChangeRouter(RoutingOptions options, ExpiryHold hold)
{
    private readonly ExpiryRewriter _expiries = new(hold);

    // Where the source has, or had, keys.
    private readonly HashSet<int> _databases = [.. options.KnownDatabases];
    private int _lastDatabase = -1;
    private readonly SlotSorter? _slots =
        options.Lanes.IsOfCluster || !options.Slots.IsAll ? new SlotSorter(options) : null;

    /// <summary>Messages of PUBLISH and SPUBLISH that were left out. They are no data.</summary>
    public long MessagesDropped { get; private set; }

    /// <summary>
    /// Up to this offset keys may have been used that had died at the target by then, since nobody kept them from it: what was made of them
    /// is read anew. 0 where there are none.
    /// </summary>
    public long DeathsThrough { get; set; }

    /// <summary>Names of keys that were changed in slots that are none of the server's.</summary>
    public ForeignKeys Foreign => _slots?.Foreign ?? ForeignKeys.None;

    /// <summary>Takes a batch and its ownership, and gives what each lane is to do.</summary>
    /// <exception cref="ChangeRefusedException">A change cannot go along and cannot be left out.</exception>
    public IReadOnlyList<LaneBatch> Route(ChangeBatch batch)
    {
        var changes = new RoutedChanges(batch, options.Lanes.Count, options.SourceDatabase);
        var lanes = new LaneSteps(options.Lanes.Count, batch.Count);
        var index = 0;
        foreach (ref readonly var change in batch.Changes)
        {
            if (change.Group == GroupPlace.End)
                lanes.EndGroup(change.EndOffset);
            else if (change.Group != GroupPlace.Begin && StepFor(batch, change) is { } step)
                Add(lanes, batch, change, step with { Index = index, EndsGroup = change.Group == GroupPlace.None });
            index++;
        }

        return lanes.ToBatches(
            batch,
            lane => options.Lanes.Count == 1 ? changes : new LaneChanges(changes, options.Lanes, lane)
        );
    }

    private void Add(LaneSteps lanes, ChangeBatch batch, in Change change, in LaneStep step)
    {
        if (IsMessage(change))
        {
            lanes.Add(LaneOfChannel(batch.Arguments(change)), step);
        }
        else if (change.Command?.Treatment == CommandTreatment.ServerWide)
        {
            // As it is it would empty a server of others' keys, or of the lane's own record: the lane has ways of its own.
            lanes.AddToAll(_slots is null ? step : step with { Action = LaneAction.Reread });
        }
        else if (_slots is null)
            lanes.Add(0, step);
        else
            _slots.Add(lanes, batch.Arguments(change), change, step);
    }

    private static bool IsMessage(in Change change) =>
        change.Command == CommandTable.Publish || change.Command == CommandTable.SPublish;

    // A cluster's server passes PUBLISH on to all others, and takes SPUBLISH for channels of its slots alone.
    private int LaneOfChannel(CommandArguments words) =>
        words.Count > 1 ? options.Lanes.LaneOf(HashSlot.Of(words[1])) : 0;

    private LaneStep? StepFor(ChangeBatch batch, in Change change)
    {
        if (change.Command?.Treatment == CommandTreatment.ServerWide)
            return ServerWide(batch, change);
        if (options.SourceDatabase is { } only && change.Database != only)
            return Reaches(only, batch, change)
                ? Step(batch, change, change.Database) with
                {
                    Action = LaneAction.Reread,
                }
                : null;

        // What jobs keep about themselves is none of the data.
        if (change.WordCount > 1 && PositionKeys.IsOne(batch.Arguments(change)[1]))
            return null;

        var step = Step(batch, change, change.Database);
        if (change.Database != _lastDatabase)
            _databases.Add(_lastDatabase = change.Database);

        // Of these it is not known whether they were applied before we were started again.
        if (change.EndOffset <= options.UncertainThrough)
            return step with { Action = LaneAction.Reread };
        if (change.Command is null)
            return step;
        if (change.Command.NamesDatabase && !options.MaySwap)
            return step with { Action = LaneAction.Reread };

        // The target would make it of nothing, without an error.
        if (change.EndOffset <= DeathsThrough && DependsOnOthers(change.Command))
            return step with { Action = LaneAction.Reread };

        return _expiries.Rewrite(change.Command.Name, batch.Arguments(change), out var rewritten) switch
        {
            ExpiryVerdict.Rewritten => step with { Command = rewritten },
            ExpiryVerdict.Unknown => step with { Action = LaneAction.Reread },
            _ => step,
        };
    }

    // MOVE and COPY, from a database that is not meant into the one that is.
    private static bool Reaches(int database, ChangeBatch batch, in Change change) =>
        change.Command is { NamesDatabase: true } command
        && RoutedChanges.OtherDatabase(command, batch.Arguments(change)) == database;

    private static bool DependsOnOthers(CommandSpec command) =>
        command.Treatment is CommandTreatment.AcrossKeys or CommandTreatment.Script || command == CommandTable.Move;

    private LaneStep? ServerWide(ChangeBatch batch, in Change change)
    {
        var command = change.Command!;
        if (IsMessage(change))
        {
            // Whether it went along before we were started again nobody knows; twice would be worse than not at all.
            if (options.PassesMessages && change.EndOffset > options.UncertainThrough)
                return Step(batch, change, change.Database);
            MessagesDropped++;
            return null;
        }

        if (command == CommandTable.FlushDb && options.SourceDatabase is { } only && change.Database != only)
            return null;

        if (command == CommandTable.FlushDb || command == CommandTable.FlushAll)
            return Flush(batch, change);
        if (command == CommandTable.SwapDb)
            return Swap(batch, change);
        return command == CommandTable.Function && options.TakesFunctions ? Step(batch, change, change.Database) : null;
    }

    private LaneStep Flush(ChangeBatch batch, in Change change)
    {
        if (!options.MayFlush)
        {
            throw new ChangeRefusedException(
                change.Command!.Name,
                change.EndOffset,
                "the target held other keys before, which it would delete too"
            );
        }

        if (change.Command == CommandTable.FlushDb && IsMerged(change.Database))
        {
            throw new ChangeRefusedException(
                change.Command.Name,
                change.EndOffset,
                "keys of several databases are in one of the target's, and would all be deleted"
            );
        }

        // FLUSHALL of a source of which one database is meant empties that one.
        var step = Step(batch, change, options.SourceDatabase ?? change.Database);
        return change.Command == CommandTable.FlushAll && !options.IsWhole
            ? step with
            {
                Command = "*1\r\n$7\r\nFLUSHDB\r\n"u8.ToArray(),
            }
            : step;
    }

    private bool IsMerged(int database)
    {
        foreach (var other in _databases)
        {
            if (other != database && options.DatabaseOf(other) == options.DatabaseOf(database))
                return true;
        }

        return false;
    }

    private LaneStep Swap(ChangeBatch batch, in Change change)
    {
        if (!options.MaySwap)
        {
            throw new ChangeRefusedException(
                change.Command!.Name,
                change.EndOffset,
                "databases have other numbers at the target, or not all of them are copied"
            );
        }

        if (change.EndOffset <= options.UncertainThrough)
            throw new SwapTooLateException(change.EndOffset);
        return Step(batch, change, change.Database);
    }

    private LaneStep Step(ChangeBatch batch, in Change change, int database) =>
        new(
            LaneAction.Apply,
            options.DatabaseOf(database),
            batch.RawMemory(change),
            change.EndOffset,
            change.Database,
            EndsGroup: true,
            Index: 0
        )
        {
            HasUnknownKeys = change.Command is null,
        };
}
