using System.Text;
using System.Text.Json;
using Godwit.Batches;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol.Rdb;
using Godwit.Targets.Json;
using Godwit.Tests.Migration;
using Godwit.Transform;

namespace Godwit.Tests.Targets.Json;

/// <summary>The line of a value that comes in pieces is whole, or it is not there.</summary>
public sealed class JsonTargetLargeValueTests : IDisposable
{
    private const int Elements = 20_000;

    private static readonly RdbVersion Version = new(RdbFamily.Redis, 12);

    private readonly MigrationRig _rig = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string OutputFile => _rig.InDirectory("out.ndjson");

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Write_LargeValueBetweenSmallOnes_IsALineOfItsOwn()
    {
        var ledger = await WriteAsync(static value => value.End());

        var lines = await LinesAsync();
        lines.Length.ShouldBe(3);
        using var large = JsonDocument.Parse(lines[1]);
        large.RootElement.GetProperty("key").GetString().ShouldBe("large");
        large
            .RootElement.GetProperty("value")
            .EnumerateArray()
            .Select(element => element.GetString())
            .ShouldBe(Enumerable.Range(0, Elements).Select(Element));
        ledger.Counts.ShouldBe(new KeyCounts(3, 0, 0, 0, 0));
    }

    [Fact]
    public async Task Write_SourceBreaksOff_LeavesWholeLines()
    {
        // The same kind of error that a full disk of the target would be.
        var ledger = await WriteAsync(
            static value => value.End(new FileFailureException("broken", "", new IOException("broken"))),
            cut: 100_000
        );

        await ShouldHaveWholeLinesAsync("before", "after");
        ledger.Counts.ShouldBe(new KeyCounts(2, 0, 0, 0, 0));
        ledger.Unsettled.ShouldBe(1);
        _rig.Failed().ShouldBeEmpty();
    }

    [Fact]
    public async Task Write_SourceIsDamaged_IsNotTheKeysFault()
    {
        var ledger = await WriteAsync(
            static value => value.End(new RdbFormatException("The file ends too early", 7)),
            cut: 100_000
        );

        await ShouldHaveWholeLinesAsync("before", "after");
        ledger.Counts.ShouldBe(new KeyCounts(2, 0, 0, 0, 0));
    }

    [Fact]
    public async Task Write_SourceIsStopped_LeavesWholeLines()
    {
        var ledger = await WriteAsync(static value => value.End(new OperationCanceledException()), cut: 100_000);

        await ShouldHaveWholeLinesAsync("before", "after");
        ledger.Counts.ShouldBe(new KeyCounts(2, 0, 0, 0, 0));
    }

    [Fact]
    public async Task Write_ValueIsDamaged_FailsAndLeavesWholeLines()
    {
        var ledger = await WriteAsync(static value => value.End(), cut: 100_000);

        await ShouldHaveWholeLinesAsync("before", "after");
        ledger.Counts.ShouldBe(new KeyCounts(2, 0, 0, 0, 1));
        using var failed = JsonDocument.Parse(_rig.Failed().ShouldHaveSingleItem());
        failed.RootElement.GetProperty("size").ValueKind.ShouldBe(JsonValueKind.Null);
        failed.RootElement.GetProperty("reason").GetString()!.ShouldContain("the value is damaged");
    }

    // What has gone through a pipe cannot be taken back, but it must not spoil the line after it.
    [Fact]
    public async Task Write_DamagedIntoADevice_GoesOn()
    {
        Assert.SkipUnless(File.Exists("/dev/null"), "There is no /dev/null here.");

        var ledger = await WriteAsync(static value => value.End(), cut: 300_000, path: "/dev/null");

        ledger.Counts.ShouldBe(new KeyCounts(2, 0, 0, 0, 1));
    }

    [Fact]
    public async Task Write_ExpiredBefore_LetsTheSourceGoOn()
    {
        var ledger = await WriteAsync(static value => value.End(), expireAt: 1);

        await ShouldHaveWholeLinesAsync("before", "after");
        ledger.Counts.ShouldBe(new KeyCounts(2, 0, 0, 1, 0));
    }

    private static string Element(int index) => $"element {index} \"\u00e9\n";

    private Task<string[]> LinesAsync() => File.ReadAllLinesAsync(OutputFile, Stop);

    private async Task ShouldHaveWholeLinesAsync(params string[] keys)
    {
        var text = await File.ReadAllTextAsync(OutputFile, Stop);
        text.ShouldEndWith("\n");
        var found = text.TrimEnd('\n')
            .Split('\n')
            .Select(line =>
            {
                using var document = JsonDocument.Parse(line);
                return document.RootElement.GetProperty("key").GetString();
            });
        found.ShouldBe(keys);
    }

    // A small value, a list in pieces that are cut off somewhere, and another small value.
    private async Task<Ledger> WriteAsync(
        Action<LargeValue> end,
        int cut = int.MaxValue,
        long expireAt = Entry.None,
        string? path = null
    )
    {
        using var letters = new DeadLetters(_rig.ErrorsFile, 10);
        var ledger = new Ledger(letters, Losses.None);
        await using var target = JsonTarget.Create(
            new JsonEndpoint(path ?? OutputFile),
            DatabaseMap.None,
            TimeProvider.System
        );
        var account = ledger.Open("a");
        await WriteSmallAsync(target, account, "before");
        var large = new EntryBatch
        {
            Version = Version,
            Large = new LargeValue(piecesAreWhole: false),
            Account = account,
        };
        large.AddCopy(new Entry { Type = RdbType.List, ExpireAt = expireAt }, "large"u8, []);
        account.Take(1);
        await target.WriteAsync(large, Stop);
        var bytes = SerializedList();
        foreach (var piece in bytes.Take(cut).Chunk(50_000))
            await large.Large!.AddAsync(ValuePiece.CopyOf(piece), Stop);
        end(large.Large!);
        await WriteSmallAsync(target, account, "after");
        await target.CompleteAsync(Stop).WaitAsync(TimeSpan.FromMinutes(1), Stop);
        return ledger;
    }

    private static async Task WriteSmallAsync(JsonTarget target, Account account, string key)
    {
        var batch = new EntryBatch { Version = Version, Account = account };
        batch.AddCopy(new Entry(), Encoding.ASCII.GetBytes(key), [1, (byte)'v']);
        account.Take(1);
        await target.WriteAsync(batch, Stop);
    }

    private static byte[] SerializedList()
    {
        var bytes = new List<byte> { 0x80, 0, 0, Elements >> 8, Elements & 0xFF };
        for (var i = 0; i < Elements; i++)
        {
            var element = Encoding.UTF8.GetBytes(Element(i));
            bytes.Add((byte)element.Length);
            bytes.AddRange(element);
        }

        return [.. bytes];
    }
}
