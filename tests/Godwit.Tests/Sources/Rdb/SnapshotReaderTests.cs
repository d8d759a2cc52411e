using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Godwit.Batches;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Protocol;
using Godwit.Protocol.Rdb;
using Godwit.Sources;
using Godwit.Sources.Rdb;
using Godwit.Tests.Migration.Throttle;

namespace Godwit.Tests.Sources.Rdb;

public sealed class SnapshotReaderTests
{
    // "compressed" as LZF of one literal run, and 123 as an integer: neither key lies in the file as it is.
    private static readonly byte[] CompressedKey = [0xc3, 11, 10, 9, .. "compressed"u8];
    private static readonly byte[] IntegerKey = [0xc0, 123];

    private static readonly string[] SmallKeys =
    [
        "0 a=1 -1",
        "0 compressed=2 -1",
        "3 123=3 1700000000000",
        "F lib=#!lua name=lib\ncode",
        "3 z=4 -1",
    ];

    private static readonly byte[] Small = new RdbBytes()
        .Select(0)
        .String("a", "1")
        .String(CompressedKey, "2")
        .Select(3)
        .ExpireAt(1700000000000)
        .String(IntegerKey, "3")
        .Function("#!lua name=lib\ncode")
        .String("z", "4")
        .End();

    [Fact]
    public async Task Read_AnyPieces_GivesTheSameEntries()
    {
        for (var size = 1; size <= Small.Length; size++)
        {
            var (entries, error, rest) = await ReadAsync(Pieces([.. Small, .. "tail"u8], size));

            error.ShouldBeNull();
            entries.ShouldBe(SmallKeys);
            "tail".ShouldStartWith(Encoding.ASCII.GetString(rest));
        }
    }

    [Fact]
    public async Task Read_EndsAnywhere_GivesWhatCameBeforeAndThenTheError()
    {
        for (var length = 0; length < Small.Length; length++)
        {
            var (entries, error, _) = await ReadAsync(Pieces(Small[..length], 7));

            error.ShouldBeOfType<RdbFormatException>().Message.ShouldContain("too early");
            entries.ShouldBe(SmallKeys[..entries.Count]);
            if (length >= 9 + 2 + 5)
                entries.Count.ShouldBeGreaterThan(0);
        }
    }

    [Fact]
    public async Task Read_ConnectionIsLost_GivesWhatCameBeforeAndThenTheError()
    {
        var lost = new RefusedException("lost", "");
        var pieces = Pieces(Small[..34], 34);

        var (entries, error, _) = await ReadAsync(
            async (buffer, token) => await pieces(buffer, token) is > 0 and var count ? count : throw lost
        );

        error.ShouldBeSameAs(lost);
        entries.ShouldBe(SmallKeys[..2]);
    }

    // A buffer holds so many compressed names that they would take some times its bytes when they are not.
    [Fact]
    public async Task Read_LongNamesAreCompressed_FewAreHeldAtOnce()
    {
        const int count = 100;
        const int length = 264 * 1000 + 5;
        var file = new RdbBytes().Select(0);
        for (var i = 0; i < count; i++)
            file.String(LongName(i), "v");
        long most = 0;

        var (entries, error, _) = await ReadAsync(
            Pieces(file.End(), 50_000),
            batch => most = Math.Max(most, batch.Copied)
        );

        error.ShouldBeNull();
        entries.Count.ShouldBe(count);
        entries.Distinct(StringComparer.Ordinal).Count().ShouldBe(count);
        most.ShouldBeLessThanOrEqualTo(EntryBatch.DefaultBufferSize + length);

        // LZF: one byte as it is, a thousand times the same 264 bytes of what came before it, and four that tell names apart.
        static byte[] LongName(int number)
        {
            byte[] compressed =
            [
                0,
                (byte)'x',
                .. Enumerable.Repeat<byte[]>([0xe0, 255, 0], 1000).SelectMany(copy => copy),
                3,
                .. Encoding.ASCII.GetBytes(number.ToString("D4", CultureInfo.InvariantCulture)),
            ];
            return [0xc3, .. Length(compressed.Length), .. Length(length), .. compressed];
        }

        static byte[] Length(int value)
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(bytes, value);
            return [0x80, .. bytes];
        }
    }

    [Theory]
    [InlineData("REDIS0011", RdbFamily.Redis, 11)]
    [InlineData("VALKEY080", RdbFamily.Valkey, 80)]
    public async Task Read_MoreThanABuffer_EveryBatchKnowsTheVersion(string magic, RdbFamily family, int number)
    {
        var file = new RdbBytes(magic).Select(0);
        for (var i = 0; i < 100; i++)
            file.String($"key:{i}", new string('x', 10_000));
        var versions = new List<RdbVersion>();

        await ReadAsync(Pieces(file.End(), 50_000), batch => versions.Add(batch.Version));

        versions.Count.ShouldBeGreaterThan(2);
        versions.ShouldAllBe(version => version == new RdbVersion(family, number));
    }

    [Theory]
    [InlineData(EntryBatch.DefaultBufferSize - 40)]
    [InlineData(EntryBatch.DefaultBufferSize)]
    [InlineData(EntryBatch.DefaultBufferSize * 5)]
    public async Task Read_ValueOfTheBuffersSizeAndMore_ComesWhole(int size)
    {
        var value = string.Create(size, 0, (text, _) => Fill(text));
        var file = new RdbBytes().Select(0).String("small", "1").String("large", value).String("last", "2").End();

        var (entries, error, _) = await ReadAsync(Pieces(file, 100_001));

        error.ShouldBeNull();
        entries.ShouldBe(["0 small=1 -1", $"0 large={value} -1", "0 last=2 -1"]);
    }

    [Fact]
    public async Task Read_AnnouncesMoreThanThereIs_AllocatesByWhatIsThere()
    {
        var file = new RdbBytes().Select(0).Raw(0, 1, (byte)'k', 0x81, 0, 0, 1, 0, 0, 0, 0, 0);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var (_, error, _) = await ReadAsync(Pieces([.. file.End(), .. new byte[1000]], 100));

        error.ShouldBeOfType<RdbFormatException>();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1000)]
    public async Task Read_KeysAreLimited_ComeInSmallBatchesAtThatRate(int perSecond)
    {
        var file = new RdbBytes().Select(0);
        for (var i = 0; i < 1000; i++)
            file.String($"key:{i}", "v");
        var clock = new SleepingClock();
        var keys = new Pace(perSecond, clock);
        var sizes = new List<int>();

        var (entries, error, _) = await ReadAsync(
            Pieces(file.End(), 1 << 20),
            batch => sizes.Add(batch.Count),
            new SourcePace(keys, Bytes: null)
        );

        error.ShouldBeNull();
        entries.ShouldBe(Enumerable.Range(0, 1000).Select(i => $"0 key:{i}=v -1"));
        sizes.Max().ShouldBe(keys.Quantum);
        sizes.Count.ShouldBe(1000 / keys.Quantum);
        clock.Now.TotalSeconds.ShouldBe(1000.0 / perSecond, 0.1);
    }

    [Fact]
    public async Task Read_KeysAreLimited_LimitDoesNotBlowUpTheBuffers()
    {
        var file = new RdbBytes().Select(0);
        for (var i = 0; i < 20_000; i++)
            file.String($"key:{i}", new string('x', 10 + (i % 500)));
        var largest = 0;
        var pieces = Pieces(file.End(), int.MaxValue);

        var (entries, error, _) = await ReadAsync(
            (buffer, token) =>
            {
                largest = Math.Max(largest, buffer.Length);
                return pieces(buffer, token);
            },
            pace: new SourcePace(new Pace(10_000, new SleepingClock()), Bytes: null)
        );

        error.ShouldBeNull();
        entries.Count.ShouldBe(20_000);
        largest.ShouldBeLessThanOrEqualTo(EntryBatch.DefaultBufferSize);
    }

    [Fact]
    public async Task Read_BytesAreLimited_LargeValueComesAtThatRateToo()
    {
        const int Rate = 100_000;
        var file = new RdbBytes().Select(0).String("large", new string('x', 3 * Rate)).String("z", "1").End();
        var clock = new SleepingClock();
        var bytes = new Pace(Rate, clock);
        var pieces = Pieces(file, int.MaxValue);
        var largest = 0;

        var (entries, error, _) = await ReadAsync(
            (buffer, token) =>
            {
                largest = Math.Max(largest, buffer.Length);
                return pieces(buffer, token);
            },
            pace: new SourcePace(Keys: null, bytes)
        );

        error.ShouldBeNull();
        entries.Count.ShouldBe(2);
        largest.ShouldBe(bytes.Quantum);
        clock.Now.TotalSeconds.ShouldBe(3, 0.1);
    }

    private static void Fill(Span<char> text)
    {
        for (var i = 0; i < text.Length; i++)
            text[i] = (char)('a' + (i % 23));
    }

    private static Func<Memory<byte>, CancellationToken, ValueTask<int>> Pieces(byte[] file, int size)
    {
        var position = 0;
        return (buffer, _) =>
        {
            var count = Math.Min(Math.Min(size, buffer.Length), file.Length - position);
            file.AsSpan(position, count).CopyTo(buffer.Span);
            position += count;
            return ValueTask.FromResult(count);
        };
    }

    private static async Task<(List<string> Entries, GodwitException? Error, byte[] Tail)> ReadAsync(
        Func<Memory<byte>, CancellationToken, ValueTask<int>> read,
        Action<EntryBatch>? look = null,
        SourcePace? pace = null
    )
    {
        using var reader = new SnapshotReader(
            read,
            new EntryChoice(null, null),
            limits: null,
            new BufferBudget(64 << 20),
            pace ?? SourcePace.Unlimited
        );
        var entries = new List<string>();
        try
        {
            await foreach (var batch in reader.ReadAsync(TestContext.Current.CancellationToken))
            {
                using (batch)
                {
                    look?.Invoke(batch);
                    foreach (ref readonly var entry in batch.Entries)
                        entries.Add(Describe(batch, entry));
                }
            }
        }
        catch (GodwitException exception)
        {
            return (entries, exception, []);
        }

        return (entries, null, reader.Rest);
    }

    private static string Describe(EntryBatch batch, in Entry entry)
    {
        var key = Encoding.Latin1.GetString(batch.Key(entry));
        if (entry.Kind == EntryKind.Function)
            return $"F {key}={Encoding.Latin1.GetString(batch.Value(entry))}";

        var value = batch.Value(entry);
        var text = Encoding.Latin1.GetString(value.Length > 64 ? value[5..] : value[1..]);
        return $"{entry.Database} {key}={text} {entry.ExpireAt}";
    }
}
