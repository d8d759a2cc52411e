using Godwit.Batches;
using Godwit.Migration;
using Godwit.Protocol.Cluster;

namespace Godwit.Tests.Migration;

public sealed class SlotCountsTests : IDisposable
{
    private readonly DeadLetters _letters = new(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), 10);
    private readonly Ledger _ledger;

    public SlotCountsTests() => _ledger = new Ledger(_letters, Losses.None);

    public void Dispose()
    {
        _letters.Dispose();
        File.Delete(_letters.Path);
    }

    [Fact]
    public void VoidSlots_SomeSlots_TakesTheirKeysOutOfEveryCount()
    {
        var account = _ledger.Open("a", countsBySlot: true);
        using var batch = Batch("{one}1", "{one}2", "{one}3", "{two}1", "{two}2");
        account.Take(batch.Count);
        account.Settle(batch, batch.Entries[0], Outcome.Written);
        account.Settle(batch, batch.Entries[1], Outcome.Expired);
        account.Fail(batch, batch.Entries[2], "r");
        account.Settle(batch, batch.Entries[3], Outcome.Skipped);
        account.NoteSlot(batch, batch.Entries[4], Outcome.Written);
        account.SettleKeys(Outcome.Written, 1);
        account.SettleUnread("{one}4"u8, Outcome.Expired);

        account.VoidSlots([HashSlot.Of("one"u8)]).ShouldBe(4);

        account.Unsettled.ShouldBe(0);
        account.Taken.ShouldBe(2);
        _ledger.Counts.ShouldBe(new KeyCounts(Written: 1, Skipped: 1, Filtered: 0, Expired: 0, Failed: 0));
        account.VoidSlots([HashSlot.Of("one"u8)]).ShouldBe(0);
    }

    [Fact]
    public void VoidSlots_DuplicateAmongThem_WasNoKeyOfItsOwn()
    {
        var account = _ledger.Open("a", countsBySlot: true);
        using var batch = Batch("k", "k");
        account.Take(batch.Count);
        account.Settle(batch, batch.Entries[0], Outcome.Written);
        account.Settle(batch, batch.Entries[1], Outcome.Duplicate);

        account.VoidSlots([HashSlot.Of("k"u8)]).ShouldBe(1);

        account.Unsettled.ShouldBe(0);
        account.Taken.ShouldBe(0);
    }

    [Fact]
    public void VoidSlots_SomethingOnItsWay_IsAMistake()
    {
        var account = _ledger.Open("a", countsBySlot: true);
        account.Take(1);

        Should.Throw<InvalidOperationException>(() => account.VoidSlots([1]));
    }

    [Fact]
    public void VoidSlots_SlotsAreNotCounted_IsAMistake() =>
        Should.Throw<InvalidOperationException>(() => _ledger.Open("a").VoidSlots([1]));

    private static EntryBatch Batch(params string[] keys)
    {
        var batch = new EntryBatch();
        foreach (var key in keys)
            batch.AddCopy(new Entry(), System.Text.Encoding.ASCII.GetBytes(key), "v"u8);
        return batch;
    }
}
