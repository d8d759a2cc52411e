using System.Globalization;
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

/// <summary>Batches are encoded side by side, and values of some length in slices: the file shows nothing of it.</summary>
public sealed class JsonTargetOrderTests : IDisposable
{
    private const int LongText = 300_000;

    private static readonly RdbVersion Version = new(RdbFamily.Redis, 12);

    private readonly MigrationRig _rig = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string OutputFile => _rig.InDirectory("out.ndjson");

    public void Dispose() => _rig.Dispose();

    // Batches of very different weight, so that later ones are encoded long before earlier ones.
    [Fact]
    public async Task Write_BatchesOfDifferentWeight_StandInTheOrderOfTheSource()
    {
        var random = new Random(3);
        var expected = new List<string>();
        var batches = new List<EntryBatch>();
        for (var i = 0; i < 300; i++)
        {
            var batch = new EntryBatch { Version = Version };
            var count = random.Next(4) == 0 ? 500 : 1;
            for (var j = 0; j < count; j++)
            {
                var key = string.Create(CultureInfo.InvariantCulture, $"{i}:{j}");
                expected.Add(key);
                batch.AddCopy(new Entry(), Encoding.ASCII.GetBytes(key), Serialized(new byte[random.Next(2000)]));
            }

            batches.Add(batch);
        }

        var ledger = await WriteAsync(OutputFile, batches);

        (await KeysAsync()).ShouldBe(expected);
        ledger.Counts.ShouldBe(new KeyCounts(expected.Count, 0, 0, 0, 0));
    }

    [Fact]
    public async Task Write_LongValues_AreWholeLinesBetweenShortOnes()
    {
        var text = string.Concat(Enumerable.Repeat("wing \u00e9\"\n\U0001f426 ", LongText / 14));
        var noise = new byte[LongText];
        new Random(4).NextBytes(noise);
        byte[] mark = [.. "base64:"u8, .. Encoding.ASCII.GetBytes(new string('A', LongText))];
        var batch = new EntryBatch { Version = Version };
        Add(batch, "short 1", "v"u8.ToArray());
        Add(batch, "text", Encoding.UTF8.GetBytes(text));
        Add(batch, "noise", noise);
        Add(batch, "short 2", "v"u8.ToArray());
        Add(batch, "mark", mark);
        batch.AddCopy(new Entry { Type = RdbType.List }, "list"u8, List());
        Add(batch, "short 3", "v"u8.ToArray());

        var ledger = await WriteAsync(OutputFile, [batch]);

        ledger.Counts.ShouldBe(new KeyCounts(7, 0, 0, 0, 0));
        var values = (await File.ReadAllLinesAsync(OutputFile, Stop)).Select(Value).ToArray();
        values.Length.ShouldBe(7);
        values[1].GetString().ShouldBe(text);
        values[2].GetString().ShouldBe("base64:" + Convert.ToBase64String(noise));
        values[3].GetString().ShouldBe("v");
        values[4].GetString().ShouldBe("base64:" + Convert.ToBase64String(mark));
        values[5].GetArrayLength().ShouldBe(0x4000);
        values[5][0x3FFF].GetString().ShouldBe("a value's element");
        values[6].GetString().ShouldBe("v");
    }

    // 64 KiB that stand for 5 MB.
    [Fact]
    public async Task Write_CompressedValue_IsAllThere()
    {
        var value = Compressed(out var length);
        var batch = new EntryBatch { Version = Version };
        batch.AddCopy(new Entry(), "key"u8, value);

        await WriteAsync(OutputFile, [batch]);

        Value(await File.ReadAllTextAsync(OutputFile, Stop)).GetString().ShouldBe(new string('x', length));
    }

    // Seen before a byte of it is written, so that not even a pipe has half a line.
    [Theory]
    [InlineData("1 too few", 1)]
    [InlineData("half", LongText / 2)]
    public async Task Write_LongValueIsDamaged_FailsAndLeavesNothing(string key, int missing)
    {
        var value = Serialized(new byte[LongText]);
        var batch = new EntryBatch { Version = Version };
        Add(batch, "before", "v"u8.ToArray());
        batch.AddCopy(new Entry(), Encoding.ASCII.GetBytes(key), value.AsSpan(0, value.Length - missing));
        Add(batch, "after", "v"u8.ToArray());

        var ledger = await WriteAsync(OutputFile, [batch]);

        ledger.Counts.ShouldBe(new KeyCounts(2, 0, 0, 0, 1));
        (await KeysAsync()).ShouldBe(["before", "after"]);
        _rig.Failed().ShouldHaveSingleItem().ShouldContain(key);
    }

    [Fact]
    public async Task Write_TooManyFail_EndsAndKeepsWhatCameBefore()
    {
        var batches = Enumerable
            .Range(0, 50)
            .Select(i =>
            {
                var batch = new EntryBatch { Version = Version };
                Add(batch, string.Create(CultureInfo.InvariantCulture, $"good {i}"), "v"u8.ToArray());
                if (i >= 20)
                    batch.AddCopy(new Entry(), "bad"u8, [5, 0]);
                return batch;
            })
            .ToList();

        await Should.ThrowAsync<TooManyErrorsException>(WriteAsync(OutputFile, batches, errors: 0));

        (await KeysAsync()).ShouldBe(
            Enumerable.Range(0, 20).Select(i => string.Create(CultureInfo.InvariantCulture, $"good {i}"))
        );
    }

    private static void Add(EntryBatch batch, string key, byte[] value) =>
        batch.AddCopy(new Entry(), Encoding.ASCII.GetBytes(key), Serialized(value));

    private static byte[] Serialized(byte[] value) =>
        [
            0x80,
            (byte)(value.Length >> 24),
            (byte)(value.Length >> 16),
            (byte)(value.Length >> 8),
            (byte)value.Length,
            .. value,
        ];

    private static byte[] List()
    {
        var bytes = new List<byte> { 0x80, 0, 0, 0x40, 0 };
        var element = "a value's element"u8;
        for (var i = 0; i < 0x4000; i++)
        {
            bytes.Add((byte)element.Length);
            bytes.AddRange(element);
        }

        return [.. bytes];
    }

    // One literal, then copies of 264 bytes from one byte back.
    private static byte[] Compressed(out int length)
    {
        const int Copies = 22_000;
        var compressed = new List<byte> { 0, (byte)'x' };
        for (var i = 0; i < Copies; i++)
            compressed.AddRange([0xE0, 0xFF, 0]);
        length = 1 + (Copies * 264);
        return [0xC3, 0x80, .. BigEndian(compressed.Count), 0x80, .. BigEndian(length), .. compressed];
    }

    private static byte[] BigEndian(int value) =>
        [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    private static JsonElement Value(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty("value").Clone();
    }

    private async Task<IEnumerable<string>> KeysAsync() =>
        (await File.ReadAllLinesAsync(OutputFile, Stop)).Select(line =>
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.GetProperty("key").GetString()!;
        });

    private async Task<Ledger> WriteAsync(string path, List<EntryBatch> batches, int errors = 10)
    {
        using var letters = new DeadLetters(_rig.ErrorsFile, errors);
        var ledger = new Ledger(letters, Losses.None);
        var account = ledger.Open(source: null);
        await using var target = JsonTarget.Create(new JsonEndpoint(path), DatabaseMap.None, TimeProvider.System);
        foreach (var batch in batches)
        {
            batch.Account = account;
            account.Take(batch.Count);
            await target.WriteAsync(batch, Stop).AsTask().WaitAsync(TimeSpan.FromMinutes(1), Stop);
        }

        await target.CompleteAsync(Stop).WaitAsync(TimeSpan.FromMinutes(1), Stop);
        ledger.Unsettled.ShouldBe(0);
        return ledger;
    }
}
