using System.Globalization;
using System.Text;
using Godwit.IntegrationTests.Running;

namespace Godwit.IntegrationTests.Servers.Clusters;

/// <content>Slots that change their owner.</content>
internal sealed partial class TestCluster
{
    /// <summary>The name of a key that belongs to a shard, the same one as long as its slots are.</summary>
    public string KeyIn(int shard)
    {
        var owners = Owners();
        return Enumerable
            .Range(0, int.MaxValue)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"key {i}"))
            .First(name => owners[HashSlot.Of(Encoding.ASCII.GetBytes(name))].Shard == shard);
    }

    /// <summary>
    /// Begins to move a slot from its owner to another primary, and stops with some of its keys at either side: the last
    /// <paramref name="keysLeftBehind"/> are still at the old owner. <see cref="SlotMove.FinishAsync"/> ends it.
    /// </summary>
    public SlotMove BeginMove(int slot, ClusterNode to, int keysLeftBehind = 0)
    {
        var move = SlotMove.Begin(this, slot, OwnerOf(slot), to);
        move.MigrateKeys(move.KeysLeft - keysLeftBehind);
        return move;
    }

    /// <summary>Moves slots with all their keys from one primary to another, and waits until all nodes know it.</summary>
    public async Task MoveAsync(IEnumerable<int> slots, ClusterNode from, ClusterNode to)
    {
        var primaries = Primaries;
        foreach (var slot in slots)
            SlotMove.Begin(this, slot, from, to).Finish(primaries);
        await SettleAsync();
    }

    /// <summary>
    /// Moves slots as Valkey from 9.0 on does it by itself: the new owner gets a copy, follows its changes, and takes over
    /// all at once. No client sees ASK.
    /// </summary>
    public async Task MoveAtOnceAsync(SlotRange slots, ClusterNode from, ClusterNode to)
    {
        from.Client.Call("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", slots.First, slots.Last, "NODE", to.Id);
        await Wait.UntilAsync(
            () => OwnerOf(slots.First) == to && OwnerOf(slots.Last) == to,
            "the slots have moved",
            Describe
        );
        await SettleAsync();
    }

    /// <summary>What a MIGRATE between nodes needs to log in.</summary>
    internal string[] MigrateLogIn => _settings.Password is { } password ? ["AUTH", password] : [];
}
