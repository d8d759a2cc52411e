using Godwit.Live.Spooling;

namespace Godwit.Tests.Live.Spooling;

public sealed class SpoolTests : IDisposable
{
    private const int Block = 16;

    private static readonly SpoolLimits Small = new()
    {
        BlockSize = Block,
        MemoryBlocks = 3,
        SegmentBlocks = 4,
        RetryInterval = TimeSpan.FromMilliseconds(1),
    };

    private readonly string _path = Directory.CreateTempSubdirectory("godwit-test-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Spool_RandomSteps_BehavesAsABytesListDoes(int seed)
    {
        var random = new Random(seed);
        using var directory = SpoolDirectory.Open(_path, 1_000_000);
        using var spool = new Spool(directory, Small, TimeProvider.System);
        var model = new List<byte>();
        for (var step = 0; step < 4000; step++)
        {
            switch (random.Next(5))
            {
                case 0 or 1:
                    var bytes = new byte[random.Next(1, 60)];
                    random.NextBytes(bytes);
                    await spool.WriteAsync(bytes, Stop);
                    model.AddRange(bytes);
                    break;
                case 2 when spool.Unread > 0:
                    var from = (int)spool.Read;
                    var buffer = new byte[random.Next(1, 60)];
                    var count = await spool.ReadAsync(buffer, Stop);
                    count.ShouldBeGreaterThan(0);
                    buffer[..count].ShouldBe(model.GetRange(from, count));
                    break;
                case 3:
                    spool.Release(random.NextInt64(spool.Read + 1));
                    break;
                case 4 when random.Next(10) == 0:
                    spool.Rewind(random.NextInt64(spool.Released, spool.Written + 1));
                    break;
            }

            spool.Written.ShouldBe(model.Count);
            directory.Used.ShouldBe(spool.BytesOnDisk);
        }

        spool.BytesOnDisk.ShouldBeGreaterThan(0);
        spool.Rewind(spool.Written);
        spool.Release(spool.Written);
        directory.Used.ShouldBeLessThanOrEqualTo(Small.SegmentBlocks * Block);
    }

    [Fact]
    public async Task Spool_WriterAndReaderSideBySide_AllArrivesInOrder()
    {
        const int Total = 300_000;
        using var directory = SpoolDirectory.Open(_path, 20 * Block);
        using var spool = new Spool(directory, Small, TimeProvider.System);
        var writing = Task.Run(
            async () =>
            {
                var random = new Random(1);
                for (var written = 0; written < Total; )
                {
                    var room = await spool.GetMemoryAsync(Stop);
                    var count = Math.Min(random.Next(1, room.Length + 1), Total - written);
                    for (var i = 0; i < count; i++)
                        room.Span[i] = ByteAt(written + i);
                    spool.Advance(count);
                    written += count;
                }

                spool.Complete();
            },
            Stop
        );

        var read = 0;
        var buffer = new byte[50];
        while (await spool.ReadAsync(buffer, Stop) is var count and > 0)
        {
            for (var i = 0; i < count; i++)
                buffer[i].ShouldBe(ByteAt(read + i));
            read += count;
            spool.Release(read);
            directory.Used.ShouldBeLessThanOrEqualTo(directory.MaxBytes);
        }

        await writing;
        read.ShouldBe(Total);
    }

    [Fact]
    public async Task Write_BoundIsReached_WaitsUntilSomethingIsReleased()
    {
        using var directory = SpoolDirectory.Open(_path, 4 * Block);
        using var spool = new Spool(directory, Small, TimeProvider.System);
        await spool.WriteAsync(new byte[7 * Block], Stop);

        var waiting = spool.WriteAsync(new byte[] { 1 }, Stop).AsTask();
        await UntilAsync(() => spool.HeldBack is not null);
        waiting.IsCompleted.ShouldBeFalse();
        spool.HeldBack!.ShouldContain("--max-disk");
        directory.Used.ShouldBe(4 * Block);

        await ReadAsync(spool, 4 * Block);
        waiting.IsCompleted.ShouldBeFalse();
        spool.Release(4 * Block);
        await waiting;

        spool.HeldBack.ShouldBeNull();
        (await ReadAsync(spool, (3 * Block) + 1))[^1].ShouldBe((byte)1);
    }

    [Fact]
    public async Task Write_NoDirectory_WaitsForTheReader()
    {
        using var spool = new Spool(directory: null, Small, TimeProvider.System);
        await spool.WriteAsync(new byte[3 * Block], Stop);

        var waiting = spool.WriteAsync(new byte[] { 1 }, Stop).AsTask();
        await ReadAsync(spool, Block);
        waiting.IsCompleted.ShouldBeFalse();
        spool.Release(Block);

        await waiting;
    }

    [Fact]
    public async Task Write_DiskFailsNowAndThen_NothingIsLost()
    {
        var random = new Random(7);
        using var directory = SpoolDirectory.Open(
            _path,
            1_000_000,
            _ =>
                random.Next(3) == 0
                    ? throw new IOException("Too many open files")
                    : new FaultyFile(() => random.Next(3) == 0)
        );
        using var spool = new Spool(directory, Small, TimeProvider.System);
        var bytes = Enumerable.Range(0, 3000).Select(ByteAt).ToArray();

        await spool.WriteAsync(bytes, Stop);
        spool.Complete();

        (await ReadAsync(spool, bytes.Length)).ShouldBe(bytes);
        (await spool.ReadAsync(new byte[1], Stop)).ShouldBe(0);
        spool.Release(bytes.Length);
        directory.Used.ShouldBeLessThanOrEqualTo(Small.SegmentBlocks * Block);
    }

    [Fact]
    public async Task Write_DiskStaysBroken_SaysWhyAndGoesOnLater()
    {
        var isBroken = true;
        using var directory = SpoolDirectory.Open(_path, 1_000_000, _ => new FaultyFile(() => isBroken));
        using var spool = new Spool(directory, Small, TimeProvider.System);
        await spool.WriteAsync(new byte[3 * Block], Stop);

        var waiting = spool.WriteAsync(new byte[] { 1 }, Stop).AsTask();
        await UntilAsync(() => spool.HeldBack is not null);
        spool.HeldBack.ShouldBe("No space left on device");
        directory.Used.ShouldBe(0);

        isBroken = false;
        await waiting;
        (await ReadAsync(spool, (3 * Block) + 1))[^1].ShouldBe((byte)1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Block - 1)]
    [InlineData((3 * Block) + 5)]
    public async Task Read_FileWasChanged_IsRefused(int position)
    {
        var (directory, spool, file) = await OnDiskAsync();
        using var closing = directory;
        using var closingToo = spool;

        file.Bytes.GetBuffer()[position] ^= 1;

        var error = await Should.ThrowAsync<SpoolException>(() => ReadAsync(spool, 7 * Block));
        error.Message.ShouldContain($"at byte {position / Block * Block}: it holds other bytes");
        spool.Read.ShouldBe(position / Block * Block);
    }

    [Fact]
    public async Task Read_FileWasCutShort_IsRefused()
    {
        var (directory, spool, file) = await OnDiskAsync();
        using var closing = directory;
        using var closingToo = spool;

        file.Bytes.SetLength((4 * Block) - 1);

        var error = await Should.ThrowAsync<SpoolException>(() => ReadAsync(spool, 7 * Block));
        error.Message.ShouldContain("shorter");
        spool.Read.ShouldBe(3 * Block);
    }

    [Fact]
    public async Task Read_Failed_GetsTheErrorAndSoDoesTheWriter()
    {
        using var spool = new Spool(directory: null, Small, TimeProvider.System);
        await spool.WriteAsync(new byte[3 * Block], Stop);
        var writing = spool.WriteAsync(new byte[] { 1 }, Stop).AsTask();
        var error = new SpoolException("over", "nothing");

        spool.Fail(error);

        (await Should.ThrowAsync<SpoolException>(writing)).ShouldBeSameAs(error);
        (await Should.ThrowAsync<SpoolException>(() => ReadAsync(spool, 1))).ShouldBeSameAs(error);
    }

    [Fact]
    public async Task Read_NothingThere_WaitsForTheWriter()
    {
        using var spool = new Spool(directory: null, Small, TimeProvider.System);
        var reading = spool.ReadAsync(new byte[9], Stop).AsTask();
        reading.IsCompleted.ShouldBeFalse();

        await spool.WriteAsync(new byte[] { 5, 6 }, Stop);

        (await reading).ShouldBe(2);
    }

    [Fact]
    public async Task Rewind_ReleasedOrNotWritten_IsRefused()
    {
        using var spool = new Spool(directory: null, Small, TimeProvider.System);
        await spool.WriteAsync(new byte[20], Stop);
        await ReadAsync(spool, 10);
        spool.Release(5);

        Should.Throw<ArgumentOutOfRangeException>(() => spool.Rewind(4));
        Should.Throw<ArgumentOutOfRangeException>(() => spool.Rewind(21));
        Should.Throw<ArgumentOutOfRangeException>(() => spool.Release(11));
        spool.Rewind(5);
        spool.Unread.ShouldBe(15);
    }

    [Fact]
    public async Task Dispose_FilesAreThere_AreGone()
    {
        using var directory = SpoolDirectory.Open(_path, 1_000_000);
        var spool = new Spool(directory, Small, TimeProvider.System);
        await spool.WriteAsync(new byte[20 * Block], Stop);
        Directory.GetFiles(_path, "*.segment").Length.ShouldBeGreaterThan(1);

        spool.Dispose();

        Directory.GetFiles(_path, "*.segment").ShouldBeEmpty();
        directory.Used.ShouldBe(0);
    }

    private static byte ByteAt(int position) => (byte)((position * 31) ^ (position >> 8));

    private static async Task<byte[]> ReadAsync(Spool spool, int count)
    {
        var bytes = new byte[count];
        var read = 0;
        while (read < count)
        {
            var more = await spool.ReadAsync(bytes.AsMemory(read), Stop);
            more.ShouldBeGreaterThan(0);
            read += more;
        }

        return bytes;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        while (!condition())
            await Task.Delay(1, patience.Token);
    }

    // Four blocks in one file, and three in memory.
    private async Task<(SpoolDirectory Directory, Spool Spool, FaultyFile File)> OnDiskAsync()
    {
        var file = new FaultyFile(() => false);
        var directory = SpoolDirectory.Open(_path, 1_000_000, _ => file);
        var spool = new Spool(directory, Small, TimeProvider.System);
        await spool.WriteAsync(new byte[7 * Block], Stop);
        return (directory, spool, file);
    }
}
