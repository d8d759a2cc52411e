using System.Globalization;
using System.Text;
using Godwit.Batches;
using Godwit.Migration.Throttle;
using Godwit.Protocol;
using Godwit.Protocol.Rdb;
using Godwit.Sources;
using Godwit.Sources.Rdb;

namespace Godwit.Tests.Sources.Rdb;

/// <summary>Values that go in pieces, in any order with others that do not, are the same as whole ones.</summary>
public sealed class SnapshotReaderLargeValueTests
{
    private static readonly LargeValueLimits Tiny = new(64);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static TimeSpan Limit => TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1000)]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    public async Task Read_TinyLimit_GivesTheSameEntriesInTheSameOrder(int step)
    {
        var file = FileOfAllSizes();
        var whole = await ReadAsync(file, 1_000_000, limits: null);
        whole.InPieces.ShouldBe(0);

        var pieces = await ReadAsync(file, step, Tiny);

        pieces.Error.ShouldBeNull();
        pieces.Entries.ShouldBe(whole.Entries);
        pieces.Tail.ShouldBe("tail"[..pieces.Tail.Length]);
        if (step < 64)
            pieces.InPieces.ShouldBeGreaterThan(20);
        else
            pieces.InPieces.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task Read_LargeValueOfAnotherDatabase_IsPassedOver(int step)
    {
        var file = FileOfAllSizes();
        var whole = await ReadAsync(file, 1_000_000, limits: null, database: 3);
        whole.Entries.Count.ShouldBeGreaterThan(3);

        var pieces = await ReadAsync(file, step, Tiny, database: 3);

        pieces.Error.ShouldBeNull();
        pieces.Entries.ShouldBe(whole.Entries);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task Read_OneBitOfALargeValueIsWrong_FailsAtTheFilesChecksum(int database)
    {
        var file = FileOfAllSizes();
        var value = file.AsSpan().IndexOf("first large"u8) + 200_000;
        file[value] ^= 1;

        var (entries, _, error, _) = await ReadAsync(file, 1000, Tiny, database);

        error.ShouldBeOfType<RdbFormatException>().Message.ShouldContain("checksum");
        entries.Count.ShouldBe((await ReadAsync(FileOfAllSizes(), 1000, Tiny, database)).Entries.Count);
    }

    [Fact]
    public async Task Read_EndsAnywhereWithinALargeValue_GivesWhatCameBeforeAndBreaksTheValueOff()
    {
        var file = new RdbBytes().Select(0).String("before", "1").String("large", new string('x', 300)).End();
        var value = file.AsSpan().IndexOf("large"u8) + 5 + 5;
        for (var length = value + 64; length < value + 300; length++)
        {
            var (entries, inPieces, error, _) = await ReadAsync(file[..length], 16, Tiny);

            error.ShouldBeOfType<RdbFormatException>().Message.ShouldContain("too early");
            inPieces.ShouldBe(1);
            entries.ShouldBe(["0 before=0131 -1", "0 large broke off"]);
        }
    }

    [Fact]
    public async Task Read_TakerGivesUp_GoesOnBehindTheValue()
    {
        var whole = await ReadAsync(FileOfAllSizes(), 1_000_000, limits: null);
        var counted = 0;
        using var reader = Reader(FileOfAllSizes(), 1000, Tiny);

        await foreach (var batch in reader.ReadAsync(Stop))
        {
            using (batch)
                counted += batch.Count;
        }

        counted.ShouldBe(whole.Entries.Count);
    }

    // Between the batch and its first piece a run may be stopped, and then nobody reads on.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Read_NobodyReadsOn_EndsTheValue(bool atPace)
    {
        using var reader = Reader(
            FileOfAllSizes(),
            1000,
            Tiny,
            pace: atPace ? new SourcePace(new Pace(1_000_000, TimeProvider.System), null) : null
        );
        var batches = reader.ReadAsync(Stop).GetAsyncEnumerator(Stop);
        do (await batches.MoveNextAsync()).ShouldBeTrue();
        while (batches.Current.Large is null);
        var large = batches.Current;
        var taking = TakeAsync(large.Large!);

        await batches.DisposeAsync();

        var error = await Should.ThrowAsync<OperationCanceledException>(taking.WaitAsync(Limit, Stop));
        large.Large!.BrokeOffWith(error).ShouldBeTrue();
    }

    [Fact]
    public async Task Read_Cancelled_EndsTheValueAndTheReading()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        using var reader = Reader(FileOfAllSizes(), 1000, Tiny);
        var taking = Task.FromResult(Array.Empty<byte>());

        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (var batch in reader.ReadAsync(cancel.Token))
            {
                if (batch.Large is null)
                    continue;
                taking = TakeAsync(batch.Large);
                await cancel.CancelAsync();
            }
        });

        await Should.ThrowAsync<OperationCanceledException>(taking.WaitAsync(Limit, Stop));
    }

    [Fact]
    public async Task Read_ValueIsManyTimesTheBudget_StaysWithinIt()
    {
        var budget = new BufferBudget(4 * EntryBatch.DefaultBufferSize);
        var file = new RdbBytes().Select(0).String("large", new string('x', 5_000_000)).End();
        using var reader = Reader(file, 100_000, new LargeValueLimits(100_000), budget: budget);
        var length = 0L;
        var taking = Task.CompletedTask;

        await foreach (var batch in reader.ReadAsync(Stop))
        {
            batch.Large.ShouldNotBeNull();
            taking = TakeEachAsync(batch.Large);
        }

        await taking.WaitAsync(Limit, Stop);

        length.ShouldBe(5_000_005);
        budget.Used.ShouldBeLessThanOrEqualTo(EntryBatch.DefaultBufferSize);

        async Task TakeEachAsync(LargeValue value)
        {
            await foreach (var piece in value.TakeAllAsync(Stop))
            {
                using (piece)
                    length += piece.Bytes.Length;
                budget.Used.ShouldBeLessThanOrEqualTo(2 * EntryBatch.DefaultBufferSize);
            }
        }
    }

    // The file says how long it is, so nothing of it is gathered before it goes in pieces.
    [Fact]
    public async Task Read_LengthIsKnownBeforehand_GathersNothing()
    {
        var budget = new BufferBudget(64 << 20);
        var file = new RdbBytes().Select(0).String("large", new string('x', 20_000_000)).End();
        using var reader = Reader(file, 100_000, new LargeValueLimits(16_000_000), budget: budget);
        var taking = Task.CompletedTask;

        await foreach (var batch in reader.ReadAsync(Stop))
        {
            budget.Used.ShouldBeLessThanOrEqualTo(2 * EntryBatch.DefaultBufferSize);
            taking = TakeAsync(batch.Large.ShouldNotBeNull());
        }

        await taking.WaitAsync(Limit, Stop);
    }

    // A claim is no reason to make room: that comes as the bytes do.
    [Fact]
    public async Task Read_FileClaimsMuchMoreThanItHas_TakesAFewTimesWhatIsThere()
    {
        const int There = 300_000;
        var budget = new BufferBudget(1L << 31);
        byte[] file =
        [
            .. "REDIS0011"u8,
            254,
            0,
            (byte)RdbType.String,
            1,
            (byte)'k',
            0x80,
            0x7F,
            0,
            0,
            0,
            .. new byte[There],
        ];
        var position = 0;
        var most = 0L;
        using var reader = new SnapshotReader(
            (buffer, _) =>
            {
                most = Math.Max(most, budget.Used);
                var count = Math.Min(buffer.Length, file.Length - position);
                file.AsSpan(position, count).CopyTo(buffer.Span);
                position += count;
                return ValueTask.FromResult(count);
            },
            new EntryChoice(null, null),
            limits: null,
            budget,
            SourcePace.Unlimited
        );

        await Should.ThrowAsync<RdbFormatException>(async () =>
        {
            await foreach (var batch in reader.ReadAsync(Stop))
                batch.Dispose();
        });

        position.ShouldBe(file.Length);
        most.ShouldBeInRange(There, 32 * There);
    }

    // Whole and large values by turns, in two databases, with expiries, of types that go in pieces and of one that never does.
    private static byte[] FileOfAllSizes()
    {
        var file = new RdbBytes().Select(0);
        for (var i = 0; i < 40; i++)
            file.String($"key:{i}", new string((char)('a' + (i % 26)), i * 5));
        file.ExpireAt(1_700_000_000_000).String("first large", new string('x', 400_000)).String("small", "1");
        file.Raw((byte)RdbType.List).Text("list").Raw(0x40, 100);
        for (var i = 0; i < 100; i++)
            file.Text($"element {i}");
        file.Raw((byte)RdbType.Hash).Text("hash").Raw(2).Text("f").Text(new string('v', 100)).Text("g").Text("w");
        file.Raw((byte)RdbType.SetListpack).Text("packed").Text(new string('p', 500));
        file.Function("#!lua name=lib\ncode").Select(3).String("z", "4");
        file.ExpireAt(1_700_000_000_001).String("second large", new string('y', 700_000));
        file.String("third large", new string('z', 300_000)).String("last", "5");
        return [.. file.End(), .. "tail"u8];
    }

    private static SnapshotReader Reader(
        byte[] file,
        int step,
        LargeValueLimits? limits,
        int? database = null,
        SourcePace? pace = null,
        BufferBudget? budget = null
    )
    {
        var position = 0;
        return new SnapshotReader(
            (buffer, _) =>
            {
                var count = Math.Min(Math.Min(step, buffer.Length), file.Length - position);
                file.AsSpan(position, count).CopyTo(buffer.Span);
                position += count;
                return ValueTask.FromResult(count);
            },
            new EntryChoice(database, null),
            limits,
            budget ?? new BufferBudget(64 << 20),
            pace ?? SourcePace.Unlimited
        );
    }

    private static async Task<(List<string> Entries, int InPieces, GodwitException? Error, string Tail)> ReadAsync(
        byte[] file,
        int step,
        LargeValueLimits? limits,
        int? database = null
    )
    {
        using var reader = Reader(file, step, limits, database);
        var entries = new List<Task<string>>();
        var inPieces = 0;
        GodwitException? error = null;
        try
        {
            await foreach (var batch in reader.ReadAsync(Stop))
            {
                inPieces += batch.Large is null ? 0 : 1;
                entries.AddRange(DescribeAll(batch));
            }
        }
        catch (GodwitException exception)
        {
            error = exception;
        }

        var lines = await Task.WhenAll(entries).WaitAsync(Limit, Stop);
        return ([.. lines], inPieces, error, Encoding.ASCII.GetString(reader.Rest));
    }

    private static List<Task<string>> DescribeAll(EntryBatch batch)
    {
        var lines = new List<Task<string>>();
        foreach (ref readonly var entry in batch.Entries)
        {
            var name = string.Create(
                CultureInfo.InvariantCulture,
                $"{entry.Database} {Encoding.Latin1.GetString(batch.Key(entry))}"
            );
            var end = string.Create(CultureInfo.InvariantCulture, $" {entry.ExpireAt}");
            lines.Add(
                batch.Large is { } large
                    ? DescribeAsync(large, name, end)
                    : Task.FromResult($"{name}={Convert.ToHexString(batch.Value(entry))}{end}")
            );
        }

        if (batch.Large is null)
            batch.Dispose();
        return lines;
    }

    private static async Task<string> DescribeAsync(LargeValue value, string name, string end)
    {
        try
        {
            return $"{name}={Convert.ToHexString(await TakeAsync(value))}{end}";
        }
        catch (RdbFormatException exception) when (value.BrokeOffWith(exception))
        {
            return $"{name} broke off";
        }
    }

    private static async Task<byte[]> TakeAsync(LargeValue value)
    {
        var bytes = new List<byte>();
        await foreach (var piece in value.TakeAllAsync(Stop))
        {
            using (piece)
                bytes.AddRange(piece.Bytes.Span);
        }

        return [.. bytes];
    }
}
