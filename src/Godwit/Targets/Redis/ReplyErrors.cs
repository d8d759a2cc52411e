using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis;

/// <summary>What a target's errors mean for the entries that they answer.</summary>
internal static class ReplyErrors
{
    private const string DiscardedBecause = "EXECABORT Transaction discarded because of: ";

    // Errors that every further write would meet too.
    private static readonly string[] FatalCodes =
    [
        "READONLY",
        "MISCONF",
        "NOREPLICAS",
        "NOAUTH",
        "MASTERDOWN",
        "LOADING",
        "BUSY",
        "CLUSTERDOWN",
    ];

    /// <summary>Why no more is to be sent; null if this is about one entry alone.</summary>
    public static GodwitException? RefusalOf(RespValue error, RedisEndpoint target)
    {
        // EXEC repeats what the transaction was refused for.
        var text = error.Text;
        var cause = text.IndexOf(DiscardedBecause, StringComparison.Ordinal);
        var code = ServerErrorException.CodeOf(cause < 0 ? text : text[(cause + DiscardedBecause.Length)..]);
        if (code == "OOM")
            return new TargetFullException(target.ToString(), ServerErrorException.Clean(error.Bytes.Span));
        return FatalCodes.Contains(code) ? ServerErrorException.Of(target, "a write", error.Bytes.Span) : null;
    }

    /// <summary>The target's words. Errors may repeat arguments, and arguments are values: they are left out.</summary>
    public static string Answered(RespValue error) =>
        $"the target answered: {ServerErrorException.Clean(error.Bytes.Span)}";

    /// <summary>True of the answer to RENAME of a key that is not there.</summary>
    public static bool IsMissingKey(RespValue error) =>
        error.Text.Contains("no such key", StringComparison.OrdinalIgnoreCase);

    /// <summary>True of the answer to FUNCTION LOAD of a library, or a function, that is there.</summary>
    public static bool IsExistingLibrary(string error) =>
        error.Contains("already exists", StringComparison.OrdinalIgnoreCase);

    /// <summary>Why an entry failed.</summary>
    public static string Describe(EntryBatch batch, in Entry entry, RespValue error)
    {
        if (
            entry is { Kind: EntryKind.Key, Type: RdbType.Module }
            && error.Text.Contains("Bad data format", StringComparison.Ordinal)
        )
        {
            var id = new RdbCursor(batch.Value(entry)).TryReadLength(out var moduleId) ? moduleId : 0;
            return $"the target cannot load a value of the module type {ModuleName.Of(id)}, so that module is missing or older there";
        }

        return Answered(error);
    }
}
