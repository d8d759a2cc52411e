using Godwit.Migration;
using Godwit.Protocol.Rdb;

namespace Godwit.Tests.Migration;

/// <summary>Keys that cannot be restored as they come: checked, and written by commands as one transaction each.</summary>
public sealed class MigrationTransactionTests : MigrationTest
{
    [Theory]
    [InlineData(WriteMode.Restore)]
    [InlineData(WriteMode.Commands)]
    internal async Task Run_PayloadIsDamagedOnTheWay_KeyFails(WriteMode write)
    {
        Source.Fill(3);
        var damaged = KeyServer.StringPayload("value");
        damaged[3] ^= 1;
        Source.Keys[(0, "key:1")] = (damaged, -1);

        var report = await RunAsync(options => options with { Write = write });

        report.Keys.ShouldBe(new KeyCounts(2, 0, 0, 0, 1));
        Rig.Failed().ShouldHaveSingleItem().ShouldContain("checksum");
    }

    [Fact]
    public async Task Run_DamagedPayloadWouldBeSignedAnew_KeyFails()
    {
        // The target takes 11 and not 12, so that a new signature is due.
        var damaged = KeyServer.Payload(RdbType.String, [1, (byte)'v'], version: 12);
        damaged[2] ^= 1;
        Source.Keys[(0, "bad")] = (damaged, -1);
        Source.Keys[(0, "good")] = (KeyServer.Payload(RdbType.String, [1, (byte)'v'], version: 12), -1);

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(1, 0, 0, 0, 1));
        Target.Keys.Keys.ShouldBe([(0, "good")]);
        Rig.Failed().ShouldHaveSingleItem().ShouldContain("checksum");
    }

    [Fact]
    public async Task Run_TransactionFails_KeyFailsAndNothingIsLeft()
    {
        Source.Fill(10);
        Target.Intercept = command =>
            command.Name == "SET" && command.Key.StartsWith("key:4", StringComparison.Ordinal) ? "-ERR no\r\n" : null;

        var report = await RunAsync(options => options with { Write = WriteMode.Commands });

        report.Keys.ShouldBe(new KeyCounts(9, 0, 0, 0, 1));
        Target.Keys.Count.ShouldBe(9);
        Rig.Failed().ShouldHaveSingleItem().ShouldContain("the target answered: ERR no");
    }

    [Theory]
    [InlineData("*-1\r\n")]
    [InlineData("*0\r\n")]
    [InlineData("-ERR EXEC without MULTI\r\n")]
    public async Task Run_ExecSaysNothingOfUse_KeyFails(string reply)
    {
        Source.Fill(3);
        Target.Intercept = command => command.Name == "EXEC" && Target.Count("SET ") == 2 ? reply : null;

        var report = await RunAsync(options => options with { Write = WriteMode.Commands });

        report.Keys.Failed.ShouldBeGreaterThan(0);
        report.Keys.Read.ShouldBe(3);
    }

    [Theory]
    [InlineData(OnExisting.Fail, 0, 1)]
    [InlineData(OnExisting.Skip, 1, 0)]
    internal async Task Run_CommandsFindTheNameTaken_TheirsStays(OnExisting policy, int skipped, int failed)
    {
        Source.Fill(3);
        Target.Intercept = command =>
        {
            if (command.Name == "MULTI")
                Target.Set("key:1", "theirs");
            return null;
        };

        var report = await RunAsync(options => options with { Write = WriteMode.Commands, OnExisting = policy });

        report.Keys.ShouldBe(new KeyCounts(2, skipped, 0, 0, failed));
        Target.Keys[(0, "key:1")].Payload.ShouldBe(KeyServer.StringPayload("theirs"));
        Target.Keys.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Run_KeyIsOverByTheTargetsClock_CountsAsExpired()
    {
        Source.Set("key", "v", expireAt: 99999999999999);
        Target.Intercept = command =>
            command.Name == "EXEC" && Target.Count("PEXPIREAT ") > 0
                ? "*4\r\n+OK\r\n:1\r\n-ERR no such key\r\n:0\r\n"
                : null;

        var report = await RunAsync(options => options with { Write = WriteMode.Commands });

        report.Keys.ShouldBe(new KeyCounts(0, 0, 0, 1, 0));
    }
}
