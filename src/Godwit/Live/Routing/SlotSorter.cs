using System.Buffers;
using System.Text;
using Godwit.Live.Changes;
using Godwit.Live.Lanes;
using Godwit.Protocol.Cluster;
using Godwit.Protocol.Commands;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Routing;

/// <summary>
/// Sorts changes by the slots of their keys. What touches several slots is cut into a command for each where that keeps its meaning;
/// else the keys that it writes are read anew.
/// </summary>
internal sealed class SlotSorter(RoutingOptions options)
{
    private readonly List<(int Word, int Slot, bool IsWritten)> _keys = [];

    /// <summary>Names of keys that were changed in slots that are none of the server's.</summary>
    public ForeignKeys Foreign { get; } = new();

    /// <summary>Gives a change to the lanes that it is for.</summary>
    /// <param name="lanes">The lanes.</param>
    /// <param name="words">The change's words.</param>
    /// <param name="change">The change.</param>
    /// <param name="step">What becomes of it, if all of its keys lie in one slot.</param>
    /// <exception cref="ChangeRefusedException">Nobody knows its keys.</exception>
    public void Add(LaneSteps lanes, CommandArguments words, in Change change, in LaneStep step)
    {
        Locate(words, change);
        if (_keys.Count == 0)
            return;

        var slot = _keys[0].Slot;
        var isOfOneSlot = true;
        foreach (var key in _keys)
            isOfOneSlot &= key.Slot == slot;
        if (isOfOneSlot || !options.Lanes.IsOfCluster)
            lanes.Add(options.Lanes.LaneOf(slot), step with { Slot = slot });
        else if (step.Action == LaneAction.Apply && change.Command!.Treatment == CommandTreatment.CutBySlot)
            Cut(lanes, words, change.Command, step);
        else
            ReadAnew(lanes, step);
    }

    // Of a server whose slots are known, keys of others do not count: it has given them away, or they are on their way to it.
    private void Locate(CommandArguments words, in Change change)
    {
        _keys.Clear();
        if (change.Command is null || !change.Command.TryLocateKeys(words, out var keys))
        {
            throw new ChangeRefusedException(
                Encoding.UTF8.GetString(words[0]),
                change.EndOffset,
                "nobody knows which keys it changes, and so in which slot they lie"
            );
        }

        foreach (var key in keys)
        {
            var slot = HashSlot.Of(words[key.Argument]);
            if (options.Slots.Contains(slot))
                _keys.Add((key.Argument, slot, key.Access.HasFlag(KeyAccess.Write)));
            else
                Foreign.Add(change.Database, words[key.Argument]);
        }
    }

    private void Cut(LaneSteps lanes, CommandArguments words, CommandSpec command, in LaneStep step)
    {
        foreach (var slot in _keys.Select(key => key.Slot).Distinct())
        {
            var output = new ArrayBufferWriter<byte>();
            var writer = new RespWriter(output);
            var count = 0;
            foreach (var key in _keys)
                count += key.Slot == slot ? 1 : 0;
            writer.WriteArrayHeader(1 + (count * command.WordsPerKey));
            writer.WriteBulk(words[0]);
            foreach (var key in _keys)
            {
                for (var i = 0; key.Slot == slot && i < command.WordsPerKey; i++)
                    writer.WriteBulk(words[key.Word + i]);
            }

            lanes.Add(options.Lanes.LaneOf(slot), step with { Command = output.WrittenMemory, Slot = slot });
        }
    }

    // A lane finds by itself which of the keys are its own.
    private void ReadAnew(LaneSteps lanes, in LaneStep step)
    {
        foreach (var lane in _keys.Where(key => key.IsWritten).Select(key => options.Lanes.LaneOf(key.Slot)).Distinct())
            lanes.Add(lane, step with { Action = LaneAction.Reread });
    }
}
