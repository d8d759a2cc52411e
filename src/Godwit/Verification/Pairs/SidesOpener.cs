using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Protocol;

namespace Godwit.Verification.Pairs;

/// <summary>Opens both sides, whatever they are.</summary>
internal static class SidesOpener
{
    /// <summary>Opens them. Nothing is written.</summary>
    /// <exception cref="GodwitException">One of them cannot be reached, or not be read.</exception>
    public static async Task<SidePair> OpenAsync(
        VerificationOptions options,
        IMigrationLog log,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var pace = new SourcePace(
            options.MaxKeysPerSecond is { } keys ? new Pace(keys, timeProvider) : null,
            options.MaxBytesPerSecond is { } bytes ? new Pace(bytes, timeProvider) : null
        );
        return (SourceEndpoints.Combine(options.Sources), options.Target) switch
        {
            ([RdbFileEndpoint source], ServerEndpoint target) => await FileServerPair
                .OpenAsync(source, target, isFileTarget: false, options, pace, log, timeProvider, cancellationToken)
                .ConfigureAwait(false),
            ([ServerEndpoint source], RdbFileEndpoint target) => await FileServerPair
                .OpenAsync(target, source, isFileTarget: true, options, pace, log, timeProvider, cancellationToken)
                .ConfigureAwait(false),
            ([RdbFileEndpoint source], RdbFileEndpoint target) => await FilePair
                .OpenAsync(source, target, options, pace, timeProvider, cancellationToken)
                .ConfigureAwait(false),
            (_, ServerEndpoint) => await ServerPair
                .OpenAsync(options, pace, log, timeProvider, cancellationToken)
                .ConfigureAwait(false),
            _ => throw new InvalidOperationException("these sides cannot be compared"),
        };
    }
}
