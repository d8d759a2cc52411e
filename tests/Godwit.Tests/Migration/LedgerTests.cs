using System.Text;
using Godwit.Batches;
using Godwit.Migration;
using Godwit.Protocol.Rdb;

namespace Godwit.Tests.Migration;

public sealed class LedgerTests : IDisposable
{
    private readonly MigrationRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Settle_EveryOutcome_LeavesNothingUnsettled()
    {
        using var letters = new DeadLetters(_rig.ErrorsFile, 10);
        var ledger = new Ledger(letters, Losses.ModuleAux);
        using var batch = Batch("k");
        var function = new Entry { Kind = EntryKind.Function };
        ledger.Take(9);

        ledger.SettleKeys(Outcome.Written, 2);
        ledger.SettleKeys(Outcome.Skipped, 1);
        ledger.SettleKeys(Outcome.Expired, 1);
        ledger.SettleKeys(Outcome.Duplicate, 1);
        ledger.Settle(function, Outcome.Written);
        ledger.Settle(function, Outcome.Skipped);
        ledger.FailOrLose(batch, new Entry { Kind = EntryKind.ModuleAux }, Losses.ModuleAux, "r");
        ledger.Unsettled.ShouldBe(1);
        ledger.Fail(batch, batch.Entries[0], "r");
        ledger.FailUnread(3, "other"u8, "r");

        ledger.Unsettled.ShouldBe(0);
        ledger.Counts.ShouldBe(new KeyCounts(2, 1, 0, 1, 2));
        ledger.Counts.Read.ShouldBe(6);
        ledger.FunctionsWritten.ShouldBe(1);
        ledger
            .Lost.ToDictionary()
            .ShouldBe(new Dictionary<string, long>(StringComparer.Ordinal) { ["module-aux"] = 1 });
    }

    [Fact]
    public void FailOrLose_LossIsNotAllowed_Fails()
    {
        using var letters = new DeadLetters(_rig.ErrorsFile, 10);
        var ledger = new Ledger(letters, Losses.Functions);
        using var batch = Batch("k");
        ledger.Take(1);

        ledger.FailOrLose(batch, batch.Entries[0], Losses.ModuleAux, "r");

        ledger.Counts.Failed.ShouldBe(1);
        ledger.Lost.ToDictionary().ShouldBeEmpty();
    }

    [Fact]
    public void Fail_OneMoreThanAllowed_ThrowsAndNamesItAllTheSame()
    {
        using var letters = new DeadLetters(_rig.ErrorsFile, 1);
        var ledger = new Ledger(letters, Losses.None);
        using var batch = Batch("k");

        ledger.Fail(batch, batch.Entries[0], "first");
        Should.Throw<TooManyErrorsException>(() => ledger.Fail(batch, batch.Entries[0], "second"));

        ledger.Counts.Failed.ShouldBe(2);
        _rig.Failed().Length.ShouldBe(2);
    }

    [Fact]
    public void Fail_FromManyThreads_CountsAndNamesEach()
    {
        using var letters = new DeadLetters(_rig.ErrorsFile, 10_000);
        var ledger = new Ledger(letters, Losses.None);
        using var batch = Batch("k");

        Parallel.For(0, 1000, _ => ledger.Fail(batch, batch.Entries[0], "r"));

        ledger.Counts.Failed.ShouldBe(1000);
        _rig.Failed().Length.ShouldBe(1000);
        _rig.Failed().Distinct(StringComparer.Ordinal).ShouldHaveSingleItem();
    }

    private static EntryBatch Batch(string key)
    {
        var batch = new EntryBatch();
        batch.AddCopy(new Entry { Type = RdbType.String }, Encoding.UTF8.GetBytes(key), [1, (byte)'v']);
        return batch;
    }
}
