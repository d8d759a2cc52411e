using System.Globalization;
using Godwit.Connections;
using Godwit.Migration;

namespace Godwit.Live.Following;

/// <summary>
/// Sees that a server has run commands of which it tells nothing, by how often each has run (INFO commandstats): on whole
/// databases, on streams' consumer groups, on function libraries.
/// </summary>
/// <param name="connect">Connects to the server.</param>
/// <param name="notTold">Commands on whole databases, in small letters.</param>
/// <param name="keys">Takes the doubts that arise, and the streams.</param>
/// <param name="streams">The keys that consumer groups may belong to.</param>
/// <param name="log">Hears if the server does not say.</param>
/// <param name="timeProvider">The clock between two tries.</param>
internal sealed class CommandCounts(
    Func<CancellationToken, Task<RedisConnection>> connect,
    IReadOnlyList<string> notTold,
    DirtyKeys keys,
    StreamKeys streams,
    IMigrationLog log,
    TimeProvider timeProvider
) : IAsyncDisposable
{
    private const string Prefix = "cmdstat_";
    private const string SwapsDatabases = "swapdb";

    // Names for sums of many commands.
    private const string StreamGroups = "(streams)";
    private const string FunctionLibraries = "(functions)";

    // Commands on streams of which all is told, and those that only read. Any other may be one of a group.
    private static readonly string[] ToldOrReading =
    [
        "xadd",
        "xdel",
        "xtrim",
        "xlen",
        "xrange",
        "xrevrange",
        "xread",
        "xpending",
        "xinfo",
    ];

    private static readonly string[] ReadingOfFunctions =
    [
        "function|list",
        "function|stats",
        "function|dump",
        "function|help",
    ];

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, long> _known = new(StringComparer.Ordinal);
    private RedisConnection? _connection;
    private bool _isKnown;
    private bool _isSilent;
    private int _functions;

    /// <summary>A number that grows when function libraries may have changed. From any thread.</summary>
    public int Functions => Volatile.Read(ref _functions);

    /// <summary>Looks. The first time it learns how things stand; after that a difference is news.</summary>
    /// <returns>False if the server could not be asked just now.</returns>
    public async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, timeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            _connection ??= await connect(both.Token).ConfigureAwait(false);
            var reply = await _connection.TryExecuteAsync(both.Token, "INFO", "commandstats").ConfigureAwait(false);
            if (reply.IsError || !reply.Text.Contains(Prefix, StringComparison.Ordinal))
                TellSilence(_connection);
            else
                Compare(reply.Text);
            return true;
        }
        catch (Exception exception)
            when (exception is ConnectionException { IsTransient: true }
                || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            await DisposeAsync().ConfigureAwait(false);
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync().ConfigureAwait(false);
        _connection = null;
    }

    private void Compare(string statistics)
    {
        var counts = Count(statistics);
        foreach (var command in notTold)
        {
            if (HasChanged(command, counts))
            {
                keys.Raise(
                    command == SwapsDatabases ? Doubt.Anything : Doubt.Deletions,
                    $"the source has run {command.ToUpperInvariant()}"
                );
            }
        }

        if (HasChanged(StreamGroups, counts))
        {
            if (streams.IsFull)
                keys.Raise(
                    Doubt.Anything,
                    "consumer groups have changed, and there are more streams than --max-memory has room for the names of"
                );
            else
                streams.NoteNews(keys);
        }

        if (HasChanged(FunctionLibraries, counts))
            Interlocked.Increment(ref _functions);
        _known.Clear();
        foreach (var (command, calls) in counts)
            _known.Add(command, calls);
        _isKnown = true;
    }

    private bool HasChanged(string command, Dictionary<string, long> counts) =>
        _isKnown && _known.GetValueOrDefault(command) != counts.GetValueOrDefault(command);

    // "cmdstat_xgroup|create:calls=3,usec=120,…"; a command that never ran is not there.
    private Dictionary<string, long> Count(string statistics)
    {
        const string Calls = ":calls=";
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var line in statistics.Split('\n'))
        {
            var end = line.IndexOf(Calls, StringComparison.Ordinal);
            if (end < 0 || !line.StartsWith(Prefix, StringComparison.Ordinal))
                continue;

            var command = line[Prefix.Length..end];
            var digits = line.AsSpan(end + Calls.Length);
            var comma = digits.IndexOf(',');
            if (
                !long.TryParse(
                    comma < 0 ? digits.TrimEnd('\r') : digits[..comma],
                    CultureInfo.InvariantCulture,
                    out var calls
                )
            )
                continue;

            if (notTold.Contains(command, StringComparer.Ordinal))
                counts[command] = calls;
            else if (command[0] == 'x' && !ToldOrReading.Contains(command.Split('|')[0], StringComparer.Ordinal))
                counts[StreamGroups] = counts.GetValueOrDefault(StreamGroups) + calls;
            else if (
                command.StartsWith("function|", StringComparison.Ordinal)
                && !ReadingOfFunctions.Contains(command, StringComparer.Ordinal)
            )
                counts[FunctionLibraries] = counts.GetValueOrDefault(FunctionLibraries) + calls;
        }

        return counts;
    }

    private void TellSilence(RedisConnection connection)
    {
        if (_isSilent)
            return;

        _isSilent = true;
        var names = string.Join(", ", notTold.Select(command => command.ToUpperInvariant()));
        log.Warn(
            $"{connection.Endpoint} does not say how often commands have run (INFO commandstats): {names}, changes of streams' consumer groups and of function libraries are not seen."
        );
    }
}
