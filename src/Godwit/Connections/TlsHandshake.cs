using System.Security.Authentication;
using Godwit.Endpoints;

namespace Godwit.Connections;

/// <summary>
/// Goes from a plain stream to one with TLS, and finds out when the other side speaks none. That is the commonest mistake, and
/// such a server either breaks off or waits for the end of what it takes for a line, until the time is up.
/// </summary>
internal static class TlsHandshake
{
    // A server that speaks TLS answers within a round trip; by then nothing is lost by asking in another way.
    private static readonly TimeSpan ProbeAfter = TimeSpan.FromSeconds(2);

    /// <summary>A stream of what goes through TLS; it owns <paramref name="plain"/>.</summary>
    /// <param name="endpoint">Whom the stream is to.</param>
    /// <param name="options">Whom to trust, and who we are.</param>
    /// <param name="plain">A connected stream; it is closed if this fails.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="timeLimit">Ends the handshake when the time is up, or on cancellation.</param>
    /// <param name="cancellationToken">The caller's cancellation alone.</param>
    /// <exception cref="ConnectionException">A certificate or a file of one is not accepted, or TLS fails.</exception>
    public static async Task<Stream> OpenAsync(
        RedisEndpoint endpoint,
        TlsOptions options,
        Stream plain,
        TimeProvider timeProvider,
        CancellationToken timeLimit,
        CancellationToken cancellationToken
    )
    {
        var client = new TlsClient(endpoint, options);
        var handshake = client.AuthenticateAsync(plain, timeLimit);
        var isProbed = false;
        try
        {
            var isSilent = !await EndsAsync(handshake, timeProvider, timeLimit).ConfigureAwait(false);
            if (isSilent && !client.SawCertificate)
                await ThrowIfPlainAsync(new TimeoutException()).ConfigureAwait(false);
            return await handshake.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Without its stream the handshake ends too; how does not matter, since there is an error already.
            await plain.DisposeAsync().ConfigureAwait(false);
            await ((Task)handshake).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            var mayBePlain =
                e
                is OperationCanceledException
                    or ConnectionException { InnerException: AuthenticationException or IOException };
            if (mayBePlain && !isProbed && !client.SawCertificate && !cancellationToken.IsCancellationRequested)
                await ThrowIfPlainAsync(e).ConfigureAwait(false);
            throw;
        }

        async Task ThrowIfPlainAsync(Exception cause)
        {
            isProbed = true;
            if (await PlainProbe.AnswersAsync(endpoint, timeProvider, cancellationToken).ConfigureAwait(false))
                throw ConnectionFailure.SpeaksNoTls(endpoint, cause);
        }
    }

    /// <returns>False if the handshake still goes on when it is time to probe, or when the time is up.</returns>
    private static async Task<bool> EndsAsync(Task handshake, TimeProvider timeProvider, CancellationToken timeLimit)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeLimit);
        var first = await Task.WhenAny(handshake, Task.Delay(ProbeAfter, timeProvider, stop.Token))
            .ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        return first == handshake;
    }
}
