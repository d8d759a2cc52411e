using Godwit.Migration.Throttle;
using Godwit.Verification.Keyspaces;

namespace Godwit.Verification;

/// <summary>Keeps what comes from the source to its pace. For one caller at a time.</summary>
internal sealed class SourceMeter(KeyspaceView source, SourcePace pace)
{
    private long _paced = source.BytesRead;

    /// <summary>Waits as long as the bytes that have come since it was called last take.</summary>
    public ValueTask KeepAsync(CancellationToken cancellationToken)
    {
        if (pace.Bytes is not { } bytes)
            return ValueTask.CompletedTask;

        var since = source.BytesRead - _paced;
        _paced += since;
        return bytes.TakeAsync(since, cancellationToken);
    }
}
