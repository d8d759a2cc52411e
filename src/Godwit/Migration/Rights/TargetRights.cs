using Godwit.Connections;

namespace Godwit.Migration.Rights;

/// <summary>Which of the commands that writing takes a server would run for us. None of them is run.</summary>
internal sealed class TargetRights
{
    private readonly IReadOnlyList<CommandAnswer> _ways;

    private TargetRights(
        IReadOnlyList<CommandAnswer> ways,
        IReadOnlyList<(NeededCommand Command, CommandAnswer Answer)> others,
        IReadOnlyList<CommandAnswer> flush
    ) => (_ways, Others, Flush) = (ways, others, flush);

    /// <summary>About RESTORE, by which most keys go.</summary>
    public CommandAnswer Restore => Of("RESTORE");

    /// <summary>About what every transaction wants: MULTI, EXEC, DEL.</summary>
    public IReadOnlyList<CommandAnswer> Transaction => [Of("MULTI"), Of("EXEC"), Of("DEL")];

    /// <summary>About choosing a database.</summary>
    public CommandAnswer Select => Of("SELECT");

    /// <summary>About deleting everything; empty if nobody wants that.</summary>
    public IReadOnlyList<CommandAnswer> Flush { get; }

    /// <summary>About all else.</summary>
    public IReadOnlyList<(NeededCommand Command, CommandAnswer Answer)> Others { get; }

    /// <summary>What the server answers where it runs no writes at all now, whoever asks; null if it does.</summary>
    public CommandAnswer? Blocked =>
        _ways
            .Concat(Others.Select(other => other.Answer))
            .FirstOrDefault(answer => answer.Permission == Permission.Blocked);

    /// <summary>Asks about each command, with the name of a key that nobody has.</summary>
    /// <param name="target">The server.</param>
    /// <param name="key">Such a name, within the key patterns that the user should have.</param>
    /// <param name="needs">What is asked of it beside writing keys.</param>
    /// <param name="timeProvider">For a connection.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public static async Task<TargetRights> AskAsync(
        LiveEnd target,
        byte[] key,
        TargetNeeds needs,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var probe = new CommandProbe(target, timeProvider);
        await using var closing = probe.ConfigureAwait(false);
        var ways = TargetCommands.Ways(key);
        NeededCommand[] others = [.. TargetCommands.Others(key, needs)];
        var answers = await probe
            .AskAllAsync([.. ways.Concat(others).Select(command => command.Words)], cancellationToken)
            .ConfigureAwait(false);
        var asked = others.Zip(answers.Skip(ways.Count)).ToList();
        if (needs.Following == Following.Stream)
        {
            var changes = await StreamCommands.AskAsync(target, probe, key, cancellationToken).ConfigureAwait(false);
            asked.AddRange(changes);
        }

        var flush = new List<CommandAnswer>();
        if (needs.Flush)
        {
            // Never sent, not even to a place where it would not be run.
            var name = target.Connection.Endpoint.Database is null ? "FLUSHALL" : "FLUSHDB";
            flush.Add(await probe.AskDryAsync(cancellationToken, name).ConfigureAwait(false));
        }

        return new TargetRights([.. answers.Take(ways.Count)], asked, flush);
    }

    private CommandAnswer Of(string command) => _ways.First(answer => answer.Command == command);
}
