using System.Buffers;
using System.Text;
using Godwit.Batches;
using Godwit.Migration;
using Godwit.Protocol.Rdb;
using Godwit.Targets.Redis;
using Godwit.Tests.Migration;

namespace Godwit.Tests.Targets.Redis;

public sealed class BatchEncoderTests : IDisposable
{
    private readonly MigrationRig _rig = new();
    private readonly DeadLetters _letters;
    private readonly ArrayBufferWriter<byte> _output = new();

    public BatchEncoderTests() => _letters = new DeadLetters(_rig.ErrorsFile, 100);

    public void Dispose()
    {
        _letters.Dispose();
        _rig.Dispose();
    }

    [Fact]
    public void Encode_Restore_SaysAllThatIsKnown()
    {
        var entry = new Entry
        {
            ExpireAt = 99999999999999,
            IdleSeconds = 5,
            Frequency = 7,
        };

        var (lines, steps, _) = Encode(entry, [1, (byte)'v'], RestoringTarget, OnExisting.Replace);

        lines.ShouldHaveSingleItem().ShouldStartWith("RESTORE k 99999999999999 ");
        lines[0].ShouldEndWith(" ABSTTL REPLACE IDLETIME 5 FREQ 7");
        var payload = Encoding.Latin1.GetBytes(lines[0].Split(' ')[3]);
        DumpPayload.Read(payload, out var type, out var version, out var value);
        (type, version.Number).ShouldBe((RdbType.String, 11));
        value.ToArray().ShouldBe([1, (byte)'v']);
        steps.ShouldBe([new Step(StepKind.Restore, 0)]);
    }

    [Fact]
    public void Encode_NoExpiry_IsZeroWithoutAbsttl() =>
        Encode(new Entry(), [1, (byte)'v'], RestoringTarget).Lines[0].Split(' ')[..3].ShouldBe(["RESTORE", "k", "0"]);

    [Fact]
    public void Encode_TimeIsOver_SettlesAndSendsNothing()
    {
        var (lines, steps, ledger) = Encode(new Entry { ExpireAt = 1 }, [1, (byte)'v'], RestoringTarget);

        lines.ShouldBeEmpty();
        steps.ShouldBeEmpty();
        ledger.Counts.Expired.ShouldBe(1);
    }

    [Fact]
    public void Encode_AnotherDatabase_IsSelectedOnce()
    {
        var (lines, steps, _) = Encode(new Entry { Database = 3 }, [1, (byte)'v'], RestoringTarget);

        lines[0].ShouldBe("SELECT 3");
        steps.ShouldBe([new Step(StepKind.Select, -1), new Step(StepKind.Restore, 0)]);
    }

    [Fact]
    public void Encode_ByCommands_IsOneTransactionUnderANameOfItsOwn()
    {
        var (lines, steps, _) = Encode(new Entry { ExpireAt = 99999999999999 }, [1, (byte)'v'], Old);

        var guard = lines[1].Split(' ')[1];
        guard.ShouldStartWith("k:godwit-");
        lines.ShouldBe([
            "MULTI",
            $"SET {guard} v",
            $"PEXPIREAT {guard} 99999999999999",
            $"RENAMENX {guard} k",
            $"DEL {guard}",
            "EXEC",
        ]);
        steps.ShouldBe([new Step(StepKind.Transaction, 0, Commands: 4, Naming.RenameIfFree)]);
    }

    [Fact]
    public void Encode_ByCommandsWithReplace_DeletesWithinTheTransaction()
    {
        var (lines, steps, _) = Encode(new Entry(), [1, (byte)'v'], Old, OnExisting.Replace);

        lines.ShouldBe(["MULTI", "DEL k", "SET k v", "EXEC"]);
        steps.ShouldBe([new Step(StepKind.Transaction, 0, Commands: 2)]);
    }

    [Theory]
    [InlineData(0, "05")]
    [InlineData(1, "020161")]
    [InlineData(16, "0d0d0000000200816602817602fe")]
    [InlineData(21, "01100000000000000001000000000000000005ffffffffff")]
    public void Encode_ValueIsDamaged_FailsAndSendsNothing(byte type, string value)
    {
        var entry = new Entry { Type = (RdbType)type, Database = 3 };

        var (lines, steps, ledger) = Encode(entry, Convert.FromHexString(value), Old);

        lines.ShouldBeEmpty();
        steps.ShouldBeEmpty();
        ledger.Counts.Failed.ShouldBe(1);
        _rig.Failed()[0].ShouldContain("the value is damaged");
    }

    [Fact]
    public void Encode_StreamEntryBreaksOffHalfway_SendsNothing()
    {
        // One entry of two fields, whose second value is not there.
        byte[] pack =
        [
            .. "\u0001\u0001\u0000\u0001\u0002\u0001"u8, // 1 entry, 0 deleted, 2 fields
            .. new byte[] { 0x81, (byte)'a', 2, 0x81, (byte)'b', 2, 0, 1 }, // their names, the end of the master entry
            .. new byte[] { 2, 1, 0, 1, 0, 1, 0x81, (byte)'v', 2 }, // flags, id, the first value
        ];
        byte[] listpack = [(byte)(pack.Length + 7), 0, 0, 0, 14, 0, .. pack, 0xff];
        byte[] value =
        [
            1,
            16,
            .. new byte[16],
            (byte)listpack.Length,
            .. listpack,
            .. new byte[] { 1, 0, 1, 0, 1, 0, 0, 0, 1, 0 },
        ];

        var (lines, _, ledger) = Encode(new Entry { Type = RdbType.Stream2 }, value, Old);

        lines.ShouldBeEmpty();
        ledger.Counts.Failed.ShouldBe(1);
    }

    [Fact]
    public void Encode_FieldsThatExpireWhereNoneCan_FailUnlessTheLossIsAllowed()
    {
        var value = Convert.FromHexString("00f0c6a13b0300000101016601" + "76");
        var entry = new Entry { Type = RdbType.HashWithExpiries };

        var refused = Encode(entry, value, Old);
        var allowed = Encode(entry, value, Old, losses: Losses.FieldExpiries);

        refused.Lines.ShouldBeEmpty();
        refused.Ledger.Counts.Failed.ShouldBe(1);
        _rig.Failed()[0].ShouldContain("--allow-loss field-ttl");
        allowed.Lines[1].ShouldEndWith(" f v");
        allowed.Ledger.Lost["field-ttl"].ShouldBe(1);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(99)]
    public void Encode_NeitherRestoreNorCommands_Fails(byte type)
    {
        var (lines, _, ledger) = Encode(new Entry { Type = (RdbType)type }, [0], Old);

        lines.ShouldBeEmpty();
        ledger.Counts.Failed.ShouldBe(1);
    }

    [Fact]
    public void Encode_ManySourceDatabasesIntoOne_TakesTheFirstAlone()
    {
        var ledger = new Ledger(_letters, Losses.None);
        using var encoder = Encoder(RestoringTarget, OnExisting.Fail, database: 5);
        using var batch = new EntryBatch()
        {
            Version = new RdbVersion(RdbFamily.Redis, 11),
            Account = ledger.Open("a"),
        };
        batch.AddCopy(new Entry { Database = 2 }, "a"u8, [1, (byte)'v']);
        batch.AddCopy(new Entry { Database = 7 }, "b"u8, [1, (byte)'v']);
        using var pending = new PendingBatch(batch);

        encoder.Encode(pending, 0, _output);
        encoder.Encode(pending, 1, _output);

        Commands.In(_output).Length.ShouldBe(1);
        ledger.Counts.Failed.ShouldBe(1);
    }

    private static TargetProfile Old => Commands.Profile("6.2");

    private static TargetProfile RestoringTarget =>
        Commands.Profile(
            "7.2",
            new RestoreSupport(new HashSet<int> { 9, 10, 11 }, new HashSet<RdbType>(), RdbFamily.Redis)
        );

    private (string[] Lines, Step[] Steps, Ledger Ledger) Encode(
        Entry entry,
        byte[] value,
        TargetProfile profile,
        OnExisting onExisting = OnExisting.Fail,
        Losses losses = Losses.None
    )
    {
        _output.ResetWrittenCount();
        var ledger = new Ledger(_letters, losses);
        var account = ledger.Open("a");
        account.Take(1);
        using var encoder = Encoder(profile, onExisting);
        using var batch = new EntryBatch() { Version = new RdbVersion(RdbFamily.Redis, 12), Account = account };
        batch.AddCopy(entry, "k"u8, value);
        using var pending = new PendingBatch(batch);
        if (encoder.NewDatabaseOf(batch.Entries[0]) is { } database)
            encoder.Learn(database, exists: true);
        encoder.Encode(pending, 0, _output);
        ledger.Unsettled.ShouldBe(pending.Steps.Length > 0 ? 1 : 0);
        return (Commands.In(_output), pending.Steps.ToArray(), ledger);
    }

    private static BatchEncoder Encoder(TargetProfile profile, OnExisting onExisting, int? database = null) =>
        new(
            new RedisTargetOptions
            {
                Write = WriteMode.Auto,
                OnExisting = onExisting,
                Database = database,
                SeveralSources = false,
                Connections = 1,
            },
            profile,
            TimeProvider.System,
            database ?? 0
        );
}
