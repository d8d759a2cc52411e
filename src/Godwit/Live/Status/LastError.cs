using Godwit.Migration;

namespace Godwit.Live.Status;

/// <summary>Passes a job's words on, and remembers the last warning. Safe for use from any thread.</summary>
internal sealed class LastError(IMigrationLog log, TimeProvider timeProvider) : IMigrationLog
{
    private volatile ErrorStatus? _last;

    /// <summary>The last warning; null if there was none.</summary>
    public ErrorStatus? Last => _last;

    /// <inheritdoc/>
    public void Info(string message) => log.Info(message);

    /// <inheritdoc/>
    public void Warn(string message)
    {
        _last = new ErrorStatus(message, timeProvider.GetUtcNow());
        log.Warn(message);
    }
}
