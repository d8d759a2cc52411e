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
        var account = ledger.Open("a");
        using var batch = Batch("k");
        var function = new Entry { Kind = EntryKind.Function };
        account.Take(9);

        account.SettleKeys(Outcome.Written, 2);
        account.SettleKeys(Outcome.Skipped, 1);
        account.SettleKeys(Outcome.Expired, 1);
        account.SettleKeys(Outcome.Duplicate, 1);
        account.Settle(batch, function, Outcome.Written);
        account.Settle(batch, function, Outcome.Skipped);
        account.FailOrLose(batch, new Entry { Kind = EntryKind.ModuleAux }, Losses.ModuleAux, "r");
        ledger.Unsettled.ShouldBe(1);
        account.Fail(batch, batch.Entries[0], "r");
        account.FailUnread(3, "other"u8, "r");

        ledger.Unsettled.ShouldBe(0);
        ledger.Counts.ShouldBe(new KeyCounts(2, 1, 0, 1, 2));
        ledger.Counts.Read.ShouldBe(6);
        ledger.FunctionsWritten.ShouldBe(1);
        ledger.Lost.ShouldBe(new Dictionary<string, long>(StringComparer.Ordinal) { ["module-aux"] = 1 });
    }

    [Fact]
    public void FailOrLose_LossIsNotAllowed_Fails()
    {
        using var letters = new DeadLetters(_rig.ErrorsFile, 10);
        var ledger = new Ledger(letters, Losses.Functions);
        var account = ledger.Open("a");
        using var batch = Batch("k");
        account.Take(1);

        account.FailOrLose(batch, batch.Entries[0], Losses.ModuleAux, "r");

        ledger.Counts.Failed.ShouldBe(1);
        ledger.Lost.ShouldBeEmpty();
    }

    [Fact]
    public void Fail_OneMoreThanAllowed_ThrowsAndNamesItAllTheSame()
    {
        using var letters = new DeadLetters(_rig.ErrorsFile, 1);
        var ledger = new Ledger(letters, Losses.None);
        var account = ledger.Open("a");
        using var batch = Batch("k");

        account.Fail(batch, batch.Entries[0], "first");
        Should.Throw<TooManyErrorsException>(() => account.Fail(batch, batch.Entries[0], "second"));

        ledger.Counts.Failed.ShouldBe(2);
        _rig.Failed().Length.ShouldBe(2);
    }

    [Fact]
    public void Fail_FromManyThreads_CountsAndNamesEach()
    {
        using var letters = new DeadLetters(_rig.ErrorsFile, 10_000);
        var ledger = new Ledger(letters, Losses.None);
        var account = ledger.Open("a");
        using var batch = Batch("k");

        Parallel.For(0, 1000, _ => account.Fail(batch, batch.Entries[0], "r"));

        ledger.Counts.Failed.ShouldBe(1000);
        _rig.Failed().Length.ShouldBe(1000);
        _rig.Failed().Distinct(StringComparer.Ordinal).ShouldHaveSingleItem();
    }

    [Fact]
    public void Void_AllIsSettled_LeavesTheFailuresAlone()
    {
        using var letters = new DeadLetters(_rig.ErrorsFile, 10);
        var ledger = new Ledger(letters, Losses.Functions);
        using var batch = Batch("k");
        var (first, other) = (ledger.Open("a"), ledger.Open("b"));
        first.Take(5);
        first.SettleKeys(Outcome.Written, 3);
        first.SettleFunctions(1);
        first.Lost.Add(Losses.Idle);
        first.Fail(batch, batch.Entries[0], "r");
        other.Take(2);
        other.SettleKeys(Outcome.Skipped, 2);
        ledger.Counts.ShouldBe(new KeyCounts(3, 2, 0, 0, 1));

        first.Void();
        first.Void();

        ledger.Counts.ShouldBe(new KeyCounts(0, 2, 0, 0, 1));
        ledger.FunctionsWritten.ShouldBe(0);
        ledger.Lost.ShouldBeEmpty();
        ledger.Unsettled.ShouldBe(0);

        var again = ledger.Open("a", isReadAgain: true);
        again.Take(4);
        again.SettleKeys(Outcome.Written, 4);
        ledger.Counts.ShouldBe(new KeyCounts(4, 2, 0, 0, 1));
    }

    [Fact]
    public void Void_SomethingIsOnItsWay_Throws()
    {
        using var letters = new DeadLetters(_rig.ErrorsFile, 10);
        var ledger = new Ledger(letters, Losses.None);
        var account = ledger.Open("a");
        account.Take(2);
        account.SettleKeys(Outcome.Written, 1);

        Should.Throw<InvalidOperationException>(account.Void);

        ledger.Counts.Written.ShouldBe(1);
        ledger.Unsettled.ShouldBe(1);
    }

    [Fact]
    public void Fail_ManyAccounts_CountTogetherAgainstTheLimit()
    {
        using var letters = new DeadLetters(_rig.ErrorsFile, 2);
        var ledger = new Ledger(letters, Losses.None);
        using var batch = Batch("k");
        var voided = ledger.Open("a");
        voided.Take(1);
        voided.Fail(batch, batch.Entries[0], "r");
        voided.Void();
        ledger.Open("b").Fail(batch, batch.Entries[0], "r");

        Should.Throw<TooManyErrorsException>(() => ledger.Open("c").Fail(batch, batch.Entries[0], "r"));

        _rig.Failed().Length.ShouldBe(3);
        _rig.Failed()[1].ShouldContain("\"source\":\"b\"");
    }

    private static EntryBatch Batch(string key)
    {
        var batch = new EntryBatch();
        batch.AddCopy(new Entry { Type = RdbType.String }, Encoding.UTF8.GetBytes(key), [1, (byte)'v']);
        return batch;
    }
}
