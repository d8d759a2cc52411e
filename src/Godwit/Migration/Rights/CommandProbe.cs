using Godwit.Connections;
using Godwit.Protocol.Resp;

namespace Godwit.Migration.Rights;

/// <summary>
/// Asks a server whether it would run commands for us, without its running them. A subscribed connection of RESP2 runs none
/// but those of Pub/Sub, and says so only after it has checked our rights; commands in a transaction that is never executed
/// are checked too. Where neither may be opened, ACL DRYRUN is asked (7.0).
/// </summary>
/// <remarks>Only Redis and Valkey are asked so; nobody knows what others do with a command in such a place.</remarks>
internal sealed class CommandProbe(LiveEnd end, TimeProvider timeProvider) : IAsyncDisposable
{
    private RedisConnection? _connection;
    private Place _place = Place.NotOpened;
    private CommandAnswer? _multi;
    private bool _isDryRunClosed;

    private enum Place
    {
        NotOpened,
        Subscribed,
        InTransaction,
        None,
    }

    /// <summary>Asks about one command. It must have the right number of arguments, and do no harm if it were run.</summary>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public async Task<CommandAnswer> AskAsync(CancellationToken cancellationToken, params RespArgument[] command)
    {
        var name = CommandName.Of(command);
        if (_place == Place.NotOpened)
            _place = await OpenAsync(cancellationToken).ConfigureAwait(false);
        // EXEC and DISCARD would be run there, and MULTI has been.
        if (name == "MULTI" && _multi is not null)
            return _multi;
        if (_place == Place.InTransaction && IsOfTransactions(command))
            return await TryOutsideAsync(name, cancellationToken).ConfigureAwait(false);
        if (_place != Place.None)
        {
            var reply = await _connection!.TryExecuteAsync(cancellationToken, command).ConfigureAwait(false);
            var answer = Read(name, reply);
            if (answer.Permission != Permission.Unknown)
                return answer;
        }

        return await AskDryAsync(cancellationToken, command).ConfigureAwait(false);
    }

    /// <summary>Asks about many commands, in as few round trips as it takes.</summary>
    /// <param name="commands">As for <see cref="AskAsync"/>. The first is sent alone: it shows whether commands are held back.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    /// <returns>The answers, in their order.</returns>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public async Task<IReadOnlyList<CommandAnswer>> AskAllAsync(
        IReadOnlyList<RespArgument[]> commands,
        CancellationToken cancellationToken
    )
    {
        var answers = new CommandAnswer?[commands.Count];
        if (commands.Count > 0)
            answers[0] = await AskAsync(cancellationToken, commands[0]).ConfigureAwait(false);
        if (_place is Place.Subscribed or Place.InTransaction)
        {
            var held = Enumerable.Range(1, commands.Count - 1).Where(i => !IsOfTransactions(commands[i])).ToArray();
            var replies = await Pipeline
                .AskAsync(_connection!, held.Select(i => commands[i]), cancellationToken)
                .ConfigureAwait(false);
            for (var i = 0; i < held.Length; i++)
                answers[held[i]] = Read(CommandName.Of(commands[held[i]]), replies[i]);
        }

        for (var i = 1; i < answers.Length; i++)
        {
            if (answers[i] is null)
                answers[i] = await AskAsync(cancellationToken, commands[i]).ConfigureAwait(false);
            else if (answers[i]!.Permission == Permission.Unknown)
                answers[i] = await AskDryAsync(cancellationToken, commands[i]).ConfigureAwait(false);
        }

        return answers!;
    }

    /// <summary>Asks about a command by ACL DRYRUN alone.</summary>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public async Task<CommandAnswer> AskDryAsync(CancellationToken cancellationToken, params RespArgument[] command)
    {
        var name = CommandName.Of(command);
        if (_isDryRunClosed)
            return new CommandAnswer(name, Permission.Unknown, "");

        RespArgument[] question = ["ACL", "DRYRUN", end.Connection.Endpoint.User ?? "default", .. command];
        var reply = await end.Connection.TryExecuteAsync(cancellationToken, question).ConfigureAwait(false);
        if (reply.IsError)
        {
            // It may also be about what was asked: a command that the server does not have.
            _isDryRunClosed =
                ReplyMeaning.Of(ServerErrorException.Clean(reply.Bytes.Span))
                    is Permission.Refused
                        or Permission.Missing;
            return new CommandAnswer(name, Permission.Unknown, "");
        }

        var text = ServerErrorException.Clean(reply.Bytes.Span);
        var permission =
            text == "OK" ? Permission.Permitted
            : text.Contains(" command", StringComparison.Ordinal) ? Permission.Refused
            : Permission.OtherKeys;
        return new CommandAnswer(name, permission, text == "OK" ? "" : text);
    }

    // What is queued there is discarded when the connection ends.
    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<Place> OpenAsync(CancellationToken cancellationToken)
    {
        if (end.Info.Product is not (ServerProduct.Redis or ServerProduct.Valkey))
            return Place.None;

        var endpoint = end.Connection.Endpoint with { Database = null };
        _connection = await RedisConnection
            .ConnectAsync(endpoint, new ConnectionOptions(), timeProvider, cancellationToken)
            .ConfigureAwait(false);
        var subscribed = await _connection
            .TryExecuteAsync(cancellationToken, "SUBSCRIBE", "godwit:probe")
            .ConfigureAwait(false);
        if (subscribed.Items is [{ Text: "subscribe" }, ..])
            return Place.Subscribed;

        var begun = await _connection.TryExecuteAsync(cancellationToken, "MULTI").ConfigureAwait(false);
        if (!begun.IsError && begun.Text == "OK")
        {
            _multi = new CommandAnswer("MULTI", Permission.Permitted, "");
            return Place.InTransaction;
        }

        var error = ServerErrorException.Clean(begun.Bytes.Span);
        if (begun.IsError && ReplyMeaning.Of(error) != Permission.Unknown)
            _multi = new CommandAnswer("MULTI", ReplyMeaning.Of(error), error);
        return Place.None;
    }

    // EXEC and DISCARD do nothing but say so where there is no transaction.
    private async Task<CommandAnswer> TryOutsideAsync(string name, CancellationToken cancellationToken)
    {
        var reply = await end.Connection.TryExecuteAsync(cancellationToken, name).ConfigureAwait(false);
        var error = ServerErrorException.Clean(reply.Bytes.Span);
        var meaning = ReplyMeaning.Of(error);
        return new CommandAnswer(name, meaning == Permission.Unknown ? Permission.Permitted : meaning, error);
    }

    private static bool IsOfTransactions(RespArgument[] command) =>
        CommandName.Of(command) is "MULTI" or "EXEC" or "DISCARD";

    private CommandAnswer Read(string name, RespValue reply)
    {
        if (reply.IsError)
        {
            var error = ServerErrorException.Clean(reply.Bytes.Span);
            var isHeldBack =
                _place == Place.Subscribed && error.Contains("allowed in this context", StringComparison.Ordinal);
            return new CommandAnswer(name, isHeldBack ? Permission.Permitted : ReplyMeaning.Of(error), error);
        }

        if (_place == Place.InTransaction && reply.Text == "QUEUED")
            return new CommandAnswer(name, Permission.Permitted, "");

        // It was run, which it should not have been: nothing more is asked here.
        _place = Place.None;
        return new CommandAnswer(name, Permission.Unknown, "");
    }
}
