using Godwit.Endpoints;
using Godwit.Protocol;
using Godwit.Protocol.Resp;

namespace Godwit.Connections;

/// <summary>The first words with a server: protocol version, log-in, our name, the database.</summary>
internal sealed class Greeting(RedisEndpoint endpoint, ConnectionOptions options, RespInput input, RespOutput output)
{
    // What a TLS record begins with: an alert, or a handshake message (RFC 8446, 5.1).
    private const byte TlsAlert = 0x15;
    private const byte TlsHandshake = 0x16;

    private const string DefaultUser = "default";
    private bool _answered;

    /// <summary>How far it has come.</summary>
    public ConnectionStage Stage { get; private set; } = ConnectionStage.Authenticate;

    /// <summary>Says them all.</summary>
    /// <returns>The RESP version that was agreed on, 2 or 3.</returns>
    /// <exception cref="ConnectionException">It is no such server, or it does not let us in.</exception>
    public async Task<int> SayAsync(CancellationToken cancellationToken)
    {
        var protocol = options.UseResp3 && await HelloAsync(cancellationToken).ConfigureAwait(false) ? 3 : 2;
        if (protocol == 2)
            await AuthenticateAsync(cancellationToken).ConfigureAwait(false);
        await NameAsync(cancellationToken).ConfigureAwait(false);
        await SelectAsync(cancellationToken).ConfigureAwait(false);
        await AskToAnswerItselfAsync(cancellationToken).ConfigureAwait(false);
        return protocol;
    }

    private bool HasLogin => endpoint.Password is not null || endpoint.User is not null;

    /// <returns>False if the server does not know it, so that the older words have to do.</returns>
    private async Task<bool> HelloAsync(CancellationToken cancellationToken)
    {
        var reply = HasLogin
            ? await AskAsync(
                    cancellationToken,
                    "HELLO",
                    3,
                    "AUTH",
                    endpoint.User ?? DefaultUser,
                    endpoint.Password ?? ""
                )
                .ConfigureAwait(false)
            : await AskAsync(cancellationToken, "HELLO", 3).ConfigureAwait(false);
        if (!reply.IsError)
            return true;

        var message = ServerErrorException.Clean(reply.Bytes.Span);
        if (ServerErrorException.CodeOf(message) is "NOAUTH" or "WRONGPASS")
            throw GreetingFailure.Login(endpoint, message);
        return false;
    }

    private async Task AuthenticateAsync(CancellationToken cancellationToken)
    {
        if (!HasLogin)
            return;

        var password = endpoint.Password ?? "";
        var reply = endpoint.User is { } user
            ? await AskAsync(cancellationToken, "AUTH", user, password).ConfigureAwait(false)
            : await AskAsync(cancellationToken, "AUTH", password).ConfigureAwait(false);
        if (reply.IsError)
            throw GreetingFailure.Login(endpoint, ServerErrorException.Clean(reply.Bytes.Span));
    }

    // Also what shows, where nothing else is said, that the server answers and lets us in.
    private async Task NameAsync(CancellationToken cancellationToken)
    {
        var reply = options.ClientName is { } name
            ? await AskAsync(cancellationToken, "CLIENT", "SETNAME", name).ConfigureAwait(false)
            : await AskAsync(cancellationToken, "PING").ConfigureAwait(false);
        if (!reply.IsError)
            return;

        // A server that does not let itself be asked this may still let us do all that matters.
        var message = ServerErrorException.Clean(reply.Bytes.Span);
        if (ServerErrorException.CodeOf(message) is "NOAUTH")
            throw GreetingFailure.Login(endpoint, message);
    }

    private async Task SelectAsync(CancellationToken cancellationToken)
    {
        // Every connection begins with database 0.
        if (endpoint.Database is not { } database || database == 0)
            return;

        Stage = ConnectionStage.Select;
        var reply = await AskAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
        if (reply.IsError)
            throw GreetingFailure.Select(endpoint, database, ServerErrorException.Clean(reply.Bytes.Span));
    }

    private async Task AskToAnswerItselfAsync(CancellationToken cancellationToken)
    {
        if (!endpoint.IsClusterReplica)
            return;

        var reply = await AskAsync(cancellationToken, "READONLY").ConfigureAwait(false);
        if (reply.IsError)
            throw ServerErrorException.Of(endpoint, "READONLY", reply.Bytes.Span);
    }

    private Task<RespValue> AskAsync(CancellationToken cancellationToken, params ReadOnlySpan<RespArgument> words)
    {
        new RespWriter(output).WriteCommand(words);
        return SendAsync(cancellationToken);
    }

    private async Task<RespValue> SendAsync(CancellationToken cancellationToken)
    {
        try
        {
            await output.FlushAsync(cancellationToken).ConfigureAwait(false);
            var reply = await input.ReadValueAsync(cancellationToken).ConfigureAwait(false);
            if (!_answered && reply.IsError)
                GreetingFailure.ThrowIfTurnedAway(endpoint, ServerErrorException.Clean(reply.Bytes.Span));
            _answered = true;
            return reply;
        }
        catch (ProtocolException e) when (!_answered)
        {
            var speaksTls = !input.Buffered.IsEmpty && input.Buffered[0] is TlsAlert or TlsHandshake;
            throw speaksTls ? ConnectionFailure.SpeaksTls(endpoint, e) : ConnectionFailure.NoRedis(endpoint, e);
        }
        catch (ConnectionException e) when (!_answered && e.Stage == ConnectionStage.Exchange && input.BytesRead == 0)
        {
            throw ConnectionFailure.ClosedUnanswered(endpoint, e);
        }
    }
}
