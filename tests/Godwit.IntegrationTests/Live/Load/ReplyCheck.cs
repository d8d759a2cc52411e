using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live.Load;

/// <summary>
/// Tells errors that chance brings about (a key is of another type just now) from those of a command that no server takes: a
/// load that is refused would show nothing.
/// </summary>
internal static class ReplyCheck
{
    private static readonly string[] ByChance =
    [
        "WRONGTYPE",
        "INVALIDOBJ",
        "BUSYGROUP",
        "NOGROUP",
        "NOSCRIPT",
        "ERR no such key",
        "ERR value is not an integer or out of range",
        "ERR value is not a valid float",
        "ERR hash value is not",
        "ERR increment or decrement would overflow",
        "ERR increment would produce NaN or Infinity",
        "ERR index out of range",
        "ERR The XGROUP subcommand requires the key to exist",
        "ERR The ID specified in X",
        "ERR The value specified in X",
        "ERR The entries_added",
        "ERR source and destination objects are the same",
        "ERR One or more scores can't be converted into double",
        "ERR could not decode requested zset member",
        "ERR member ",
        "ERR Function not found",
        "ERR Library not found",
        "ERR invalid expire time",
        "ERR user_script:",
        "ERR Error running script",
        "ERR as it is meant",
        "ERR string exceeds",
    ];

    private static readonly string[] OfServersThatComeBack = ["LOADING", "MASTERDOWN", "SHUTDOWN"];

    private static readonly string[] OfClusters = ["MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN"];

    /// <exception cref="LoadException">No server in its right mind answers so.</exception>
    /// <exception cref="ServerGoneException">The server is not there yet.</exception>
    public static void Check(object[] command, object? reply, bool mayBeGone, bool inCluster)
    {
        switch (reply)
        {
            case RespError error when mayBeGone && BeginsWith(error, OfServersThatComeBack):
                throw new ServerGoneException(error.Message);
            case RespError error when BeginsWith(error, ByChance) || (inCluster && BeginsWith(error, OfClusters)):
                return;
            case RespError error:
                throw new LoadException($"{string.Join(' ', command.Select(Word))}: {error.Message}");
            case object?[] replies when command[0] is "EXEC":
                foreach (var one in replies)
                    Check(["a command of a transaction"], one, mayBeGone, inCluster);
                break;
        }
    }

    /// <summary>Passes a reply on that is no error.</summary>
    public static object? Up(object? reply) =>
        reply is RespError error ? throw new ServerGoneException(error.Message) : reply;

    private static bool BeginsWith(RespError error, string[] beginnings) =>
        beginnings.Any(beginning => error.Message.StartsWith(beginning, StringComparison.Ordinal));

    private static string Word(object word) => word is byte[] bytes ? $"({bytes.Length} bytes)" : $"{word}";
}
