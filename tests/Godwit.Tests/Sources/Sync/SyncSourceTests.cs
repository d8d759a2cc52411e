using System.Text;
using Godwit.Connections;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Rdb;
using Godwit.Tests.Migration;

namespace Godwit.Tests.Sources.Sync;

public sealed class SyncSourceTests : MigrationTest
{
    private const string Answer = "+FULLRESYNC 0123456789012345678901234567890123456789 1\r\n";
    private const string Mark = "0123456789abcdef0123456789abcdef01234567";

    private static readonly string Snapshot = Encoding.Latin1.GetString(
        new RdbBytes().Select(0).String("a", "1").Select(2).String("b", "2").End()
    );

    public static TheoryData<string> GoodAnswers =>
        [
            $"{Answer}${Snapshot.Length}\r\n{Snapshot}",
            // Line feeds keep the connection alive while the primary prepares: before its answer and after.
            $"\n\n{Answer}\n\n${Snapshot.Length}\r\n{Snapshot}",
            $"\n{Answer}$EOF:{Mark}\r\n{Snapshot}{Mark}",
            // A primary before 7.0 goes on with its stream of changes.
            $"{Answer}$EOF:{Mark}\r\n{Snapshot}{Mark}*1\r\n$4\r\nPING\r\n",
            $"{Answer}${Snapshot.Length}\r\n{Snapshot}*1\r\n$4\r\nPING\r\n",
        ];

    public static TheoryData<string, Type> BrokenAnswers =>
        new()
        {
            { $"{Answer}${Snapshot.Length}\r\n{Snapshot[..^12]}{KeyServer.Close}", typeof(ConnectionException) },
            { $"{Answer}${Snapshot.Length + 5}\r\n{Snapshot}12345", typeof(ProtocolException) },
            { $"{Answer}${Snapshot.Length - 1}\r\n{Snapshot}", typeof(RdbFormatException) },
            { $"{Answer}$EOF:{Mark}\r\n{Snapshot}{Mark[..^1]}x", typeof(ProtocolException) },
            { $"{Answer}$EOF:{Mark}\r\n{Snapshot}{Mark[..^1]}{KeyServer.Close}", typeof(ProtocolException) },
        };

    [Theory]
    [MemberData(nameof(GoodAnswers))]
    public async Task Read_AnyFrame_AllArrives(string answer)
    {
        Source.Intercept = command => command.Name == "PSYNC" ? answer : null;

        var report = await RunAsync(ReadMode.Sync);

        report.Failure.ShouldBeNull();
        report.Sources[0].Read.ShouldBe("sync");
        report.Keys.ShouldBe(new KeyCounts(2, 0, 0, 0, 0));
        Target.Keys.Keys.ShouldBe([(0, "a"), (2, "b")], ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(BrokenAnswers))]
    public async Task Read_SnapshotIsNotWhole_EndsWithTheCauseAndKeepsWhatCame(string answer, Type expected)
    {
        Source.Intercept = command => command.Name == "PSYNC" ? answer : null;

        var report = await RunAsync(ReadMode.Sync);

        report.Failure!.Exception.ShouldBeOfType(expected);
        report.Failure.BeforeFirstWrite.ShouldBeFalse();
        report.Keys.Written.ShouldBe(Target.Keys.Count);
        report.Keys.Written.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("PSYNC", "-NOPERM this user has no permissions to run the 'psync' command\r\n")]
    [InlineData("PSYNC", "\n-NOMASTERLINK Can't SYNC while not connected with my master\r\n")]
    [InlineData("PSYNC", "+CONTINUE\r\n")]
    [InlineData("PSYNC", "+FULLRESYNC x 1\r\n-ERR disk is full\r\n")]
    [InlineData("PSYNC", KeyServer.Close)]
    [InlineData("REPLCONF", "-ERR unknown command 'REPLCONF', with args beginning with: 'capa'\r\n")]
    public async Task Open_PrimaryRefuses_IsRefusedOrReadByScan(string command, string answer)
    {
        Source.Fill(3).Intercept = asked => asked.Name == command ? answer : null;

        var sync = await RunAsync(ReadMode.Sync);
        var auto = await RunAsync(ReadMode.Auto);

        sync.Failure!.BeforeFirstWrite.ShouldBeTrue();
        auto.Keys.Written.ShouldBe(3);
        auto.Sources[0].Read.ShouldBe("scan");
        Rig.Log.ShouldContain(line => line.StartsWith("Reading with SCAN, because", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Read_Retry_KeysThatAreNotThereCountAsExpired()
    {
        Source.Intercept = command => command.Name == "PSYNC" ? $"{Answer}${Snapshot.Length}\r\n{Snapshot}" : null;
        var list = Rig.InDirectory("retry.ndjson");
        await File.WriteAllTextAsync(
            list,
            """
            {"db":2,"key":"b","type":"string"}
            {"db":0,"key":"gone","type":"string"}
            {"db":7,"key":"b","type":"string"}
            """,
            TestContext.Current.CancellationToken
        );

        var report = await RunAsync(ReadMode.Sync, list);

        report.Keys.ShouldBe(new KeyCounts(1, 0, 0, Expired: 2, 0));
        Target.Keys.Keys.ShouldBe([(2, "b")]);
    }

    private Task<MigrationReport> RunAsync(ReadMode read, string? retry = null) =>
        Rig.RunAsync(Source.Endpoint, Target.Endpoint, options => options with { Read = read, RetryFile = retry });
}
