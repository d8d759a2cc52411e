using System.Text;
using System.Text.Json;
using Godwit.Batches;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol.Cluster;
using Godwit.Protocol.Rdb;
using Godwit.Targets.Json;
using Godwit.Tests.Migration;
using Godwit.Transform;

namespace Godwit.Tests.Targets.Json;

public sealed class JsonTargetTests : IDisposable
{
    private readonly MigrationRig _rig = new();
    private Account? _account;

    private string OutputFile => _rig.InDirectory("out.ndjson");

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Write_EveryType_IsOneLineEach()
    {
        var ledger = await WriteAsync(
            (new Entry { Database = 2, ExpireAt = 99999999999999 }, "\u00e9\n", "0131"),
            (new Entry { Type = RdbType.List }, "list", "02016101ff"),
            (new Entry { Type = RdbType.Set }, "set", "010178"),
            (new Entry { Type = RdbType.SortedSet }, "zset", "020161000000000000f07f01620000000000000440"),
            (new Entry { Type = RdbType.Hash }, "hash", "0101660176"),
            (new Entry { Type = RdbType.HashWithExpiries }, "ttls", "00f0c6a13b030000010101660176"),
            (new Entry { Kind = EntryKind.Function }, "lib", "636f6465")
        );

        (await LinesAsync()).ShouldBe([
            """{"db":2,"key":"é\n","type":"string","expiry_ms":99999999999999,"value":"1"}""",
            """{"db":0,"key":"list","type":"list","expiry_ms":null,"value":["a","base64:/w=="]}""",
            """{"db":0,"key":"set","type":"set","expiry_ms":null,"value":["x"]}""",
            """{"db":0,"key":"zset","type":"zset","expiry_ms":null,"value":[["a","inf"],["b",2.5]]}""",
            """{"db":0,"key":"hash","type":"hash","expiry_ms":null,"value":{"f":"v"}}""",
            """{"db":0,"key":"ttls","type":"hash","expiry_ms":null,"value":{"f":"v"},"field_expiry_ms":{"f":3554652123136}}""",
            """{"function":"lib","code":"code"}""",
        ]);
        ledger.Counts.ShouldBe(new KeyCounts(6, 0, 0, 0, 0));
        ledger.FunctionsWritten.ShouldBe(1);
        ledger.Unsettled.ShouldBe(0);
    }

    [Fact]
    public async Task Write_SomeAreDamagedOrOver_TheOthersAreWholeLines()
    {
        var ledger = await WriteAsync(
            (new Entry(), "before", "0131"),
            (new Entry { Type = RdbType.List }, "damaged halfway", "03016101620500"),
            (new Entry { ExpireAt = 1 }, "over", "0131"),
            (new Entry { Type = (RdbType)99 }, "unknown", "00"),
            (new Entry { Kind = EntryKind.ModuleAux }, "mod", ""),
            (new Entry(), "after", "0131")
        );

        var lines = await LinesAsync();
        lines.Length.ShouldBe(2);
        foreach (var line in lines)
            JsonDocument.Parse(line).Dispose();
        ledger.Counts.ShouldBe(new KeyCounts(2, 0, 0, 1, 3));
        ledger.Unsettled.ShouldBe(0);
    }

    [Fact]
    public async Task Write_MoreThanOneBuffer_AllOfItIsThere()
    {
        var value = Convert.ToHexString([0x80, 0, 0, 0x20, 0, .. Enumerable.Repeat((byte)'x', 0x2000)]);

        await WriteAsync([.. Enumerable.Range(0, 100).Select(i => (new Entry(), $"key:{i}", value))]);

        var lines = await LinesAsync();
        lines.Length.ShouldBe(100);
        lines.ShouldAllBe(line => line.Length > 0x2000 && line.EndsWith("x\"}", StringComparison.Ordinal));
    }

    // Short values, and one that is written in slices.
    [Theory]
    [InlineData(10)]
    [InlineData(0x20000)]
    public async Task Write_SlotsAreCounted_EachKeyCountsForItsSlot(int length)
    {
        var value = Convert.ToHexString([
            0x80,
            0,
            (byte)(length >> 16),
            (byte)(length >> 8),
            (byte)length,
            .. new byte[length],
        ]);
        var ledger = await WriteAsync((new Entry(), "key", value));

        _account!.VoidSlots(Enumerable.Range(0, HashSlot.Count)).ShouldBe(1);
        ledger.Counts.ShouldBe(default);
        ledger.Unsettled.ShouldBe(0);
    }

    [Fact]
    public async Task Create_FileHasSomething_Refuses()
    {
        await File.WriteAllTextAsync(OutputFile, "mine", TestContext.Current.CancellationToken);

        Should.Throw<RefusedException>(() =>
            JsonTarget.Create(new JsonEndpoint(OutputFile), DatabaseMap.None, TimeProvider.System)
        );

        (await File.ReadAllTextAsync(OutputFile, TestContext.Current.CancellationToken)).ShouldBe("mine");
    }

    private Task<string[]> LinesAsync() => File.ReadAllLinesAsync(OutputFile, TestContext.Current.CancellationToken);

    private async Task<Ledger> WriteAsync(params (Entry Entry, string Key, string Value)[] entries)
    {
        using var letters = new DeadLetters(_rig.ErrorsFile, 10);
        var ledger = new Ledger(letters, Losses.None);
        await using var target = JsonTarget.Create(new JsonEndpoint(OutputFile), DatabaseMap.None, TimeProvider.System);
        var account = _account = ledger.Open("a", countsBySlot: true);
        var batch = new EntryBatch() { Version = new RdbVersion(RdbFamily.Redis, 12), Account = account };
        foreach (var (entry, key, value) in entries)
            batch.AddCopy(entry, Encoding.UTF8.GetBytes(key), Convert.FromHexString(value));
        account.Take(batch.Count);
        await target.WriteAsync(batch, TestContext.Current.CancellationToken);
        await target.CompleteAsync(TestContext.Current.CancellationToken);
        return ledger;
    }
}
