using System.Text;
using Godwit.Batches;
using Godwit.Migration;
using Godwit.Protocol.Rdb;

namespace Godwit.Tests.Batches;

public sealed class LargeValueTests
{
    private static readonly RdbVersion Version = new(RdbFamily.Redis, 11);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(70_000)]
    [InlineData(1_000_000)]
    public async Task Decode_PiecesOfAnySize_GivesTheValue(int size)
    {
        var text = new string('x', 150_000) + new string('y', 150_000);
        byte[] bytes = [0x80, 0, 4, 0x93, 0xe0, .. Encoding.ASCII.GetBytes(text)];
        var value = new LargeValue(piecesAreWhole: false);
        var sink = new TextSink();

        var adding = AddAllAsync(value, bytes.Chunk(size));
        await value
            .DecodeAsync(RdbType.String, Version, sink, () => ValueTask.FromResult(true), Stop)
            .WaitAsync(Limit, Stop);

        await adding;
        sink.Text.ToString().ShouldBe(text);
    }

    [Fact]
    public async Task Decode_PieceIsLong_AsksAfterEachSlice()
    {
        byte[] bytes = [0x80, 0, 0x0f, 0x42, 0x40, .. new byte[1_000_000]];
        var value = new LargeValue(piecesAreWhole: false);
        var sink = new TextSink();
        var most = 0;
        var asked = 0;

        var adding = AddAllAsync(value, [bytes]);
        await value.DecodeAsync(RdbType.String, Version, sink, AfterSlice, Stop).WaitAsync(Limit, Stop);

        await adding;
        asked.ShouldBeGreaterThan(10);
        most.ShouldBeLessThan(100_000);

        ValueTask<bool> AfterSlice()
        {
            asked++;
            most = Math.Max(most, sink.Text.Length);
            sink.Text.Clear();
            return ValueTask.FromResult(true);
        }
    }

    [Fact]
    public async Task Decode_WholePieces_GivesThemTogether()
    {
        var value = new LargeValue(piecesAreWhole: true);
        var sink = new TextSink();

        var adding = AddAllAsync(value, ["\u0003abc"u8.ToArray(), "\u0001d"u8.ToArray()]);
        await value
            .DecodeAsync(RdbType.String, Version, sink, () => ValueTask.FromResult(true), Stop)
            .WaitAsync(Limit, Stop);

        await adding;
        sink.Text.ToString().ShouldBe("abcd");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Decode_EndsTooEarly_Throws(bool piecesAreWhole)
    {
        var value = new LargeValue(piecesAreWhole);

        var adding = AddAllAsync(value, ["\u0003ab"u8.ToArray()]);

        var error = await Should.ThrowAsync<RdbFormatException>(DecodeAsync(value));
        value.BrokeOffWith(error).ShouldBeFalse();
        value.Abandon();
        await adding;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Decode_SourceBreaksOff_EndsWithItsError(int piecesBefore)
    {
        var value = new LargeValue(piecesAreWhole: false);
        byte[][] pieces =
        [
            [10],
            [97],
        ];
        foreach (var piece in pieces[..piecesBefore])
            await value.AddAsync(ValuePiece.CopyOf(piece), Stop);
        var broken = new RefusedException("broken", "");
        value.End(broken);

        var error = await Should.ThrowAsync<RefusedException>(DecodeAsync(value));

        error.ShouldBeSameAs(broken);
        value.BrokeOffWith(error).ShouldBeTrue();
        value.BrokeOffWith(new RefusedException("another", "")).ShouldBeFalse();
    }

    [Fact]
    public async Task End_SourceIsStopped_IsToldFromACancellationOfTheTaker()
    {
        var stopped = new LargeValue(piecesAreWhole: false);
        stopped.End(new OperationCanceledException());
        var error = await Should.ThrowAsync<OperationCanceledException>(DecodeAsync(stopped));
        stopped.BrokeOffWith(error).ShouldBeTrue();

        var complete = new LargeValue(piecesAreWhole: false);
        complete.End();
        complete.End(new OperationCanceledException());
        complete.BrokeOffWith(new OperationCanceledException()).ShouldBeFalse();
    }

    [Fact]
    public async Task Add_NobodyTakes_WaitsUntilTheTakerGivesUp()
    {
        var value = new LargeValue(piecesAreWhole: false);
        await value.AddAsync(ValuePiece.CopyOf([1]), Stop);
        await value.AddAsync(ValuePiece.CopyOf([2]), Stop);
        var third = ValuePiece.CopyOf([3]);

        var adding = value.AddAsync(third, Stop).AsTask();
        adding.IsCompleted.ShouldBeFalse();
        value.Abandon();

        await adding.WaitAsync(Limit, Stop);
        Should.Throw<ObjectDisposedException>(() => third.Bytes.Length);
        var later = ValuePiece.CopyOf([4]);
        await value.AddAsync(later, Stop).AsTask().WaitAsync(Limit, Stop);
        Should.Throw<ObjectDisposedException>(() => later.Bytes.Length);
        value.End();
    }

    [Fact]
    public async Task Add_Cancelled_DropsThePiece()
    {
        var value = new LargeValue(piecesAreWhole: false);
        await value.AddAsync(ValuePiece.CopyOf([1]), Stop);
        await value.AddAsync(ValuePiece.CopyOf([2]), Stop);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var third = ValuePiece.CopyOf([3]);
        var adding = value.AddAsync(third, cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(adding);
        Should.Throw<ObjectDisposedException>(() => third.Bytes.Length);
    }

    [Fact]
    public async Task Decode_NoMoreIsWanted_LetsTheSourceGoOn()
    {
        var value = new LargeValue(piecesAreWhole: false);

        var adding = AddAllAsync(value, Enumerable.Repeat<byte[]>([0x81, 0, 0, 1, 0, 0, 0, 0, 0, 1], 100));
        await value
            .DecodeAsync(RdbType.String, Version, new TextSink(), () => ValueTask.FromResult(false), Stop)
            .WaitAsync(Limit, Stop);

        await adding.WaitAsync(Limit, Stop);
    }

    [Fact]
    public async Task Decode_Cancelled_Ends()
    {
        var value = new LargeValue(piecesAreWhole: false);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var decoding = value.DecodeAsync(
            RdbType.String,
            Version,
            new TextSink(),
            () => ValueTask.FromResult(true),
            cancel.Token
        );

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(decoding.WaitAsync(Limit, Stop));
    }

    private static TimeSpan Limit => TimeSpan.FromMinutes(1);

    private static Task DecodeAsync(LargeValue value) =>
        value
            .DecodeAsync(RdbType.String, Version, new TextSink(), () => ValueTask.FromResult(true), Stop)
            .WaitAsync(Limit, Stop);

    private static async Task AddAllAsync(LargeValue value, IEnumerable<byte[]> pieces)
    {
        foreach (var piece in pieces)
            await value.AddAsync(ValuePiece.CopyOf(piece), Stop);
        value.End();
    }
}
