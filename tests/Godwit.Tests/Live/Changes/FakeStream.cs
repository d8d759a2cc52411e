using Godwit.Live.Changes;
using Godwit.Live.Spooling;

namespace Godwit.Tests.Live.Changes;

/// <summary>A stream that a test fills.</summary>
internal sealed class FakeStream : IChangeStream, IDisposable
{
    public FakeStream(long startOffset = 0) => StartOffset = startOffset;

    public Spool Bytes { get; } = new(directory: null, new SpoolLimits { MemoryBlocks = 64 }, TimeProvider.System);

    public long StartOffset { get; }

    public string ReplicationId { get; set; } = new('a', 40);

    public long ArrivalOf(long offset) => offset;

    public async Task SendAsync(params IEnumerable<string> commands) =>
        await Bytes.WriteAsync(StreamText.Of(commands), TestContext.Current.CancellationToken);

    public void Dispose() => Bytes.Dispose();
}
