using Godwit.Protocol.Commands;

namespace Godwit.Live.Expiry;

/// <summary>How the time in a command is meant.</summary>
internal enum ExpiryUnit : byte
{
    /// <summary>Unix time in milliseconds.</summary>
    MillisecondsAt,

    /// <summary>Unix time in seconds.</summary>
    SecondsAt,

    /// <summary>From the moment in which the command ran, which nobody knows any more.</summary>
    FromThen,
}

/// <summary>Where a command says when something expires.</summary>
/// <param name="Word">Index of the word with the time.</param>
/// <param name="Unit">How it is meant.</param>
/// <param name="IsConditional">It holds only under a condition (NX, XX, GT, LT), which the source has found true.</param>
internal readonly record struct ExpiryArgument(int Word, ExpiryUnit Unit, bool IsConditional)
{
    /// <summary>Finds it; null where the command sets no expiry.</summary>
    public static ExpiryArgument? Find(string command, CommandArguments words) =>
        command switch
        {
            "PEXPIREAT" => new(2, ExpiryUnit.MillisecondsAt, words.Count > 3),
            "EXPIREAT" => new(2, ExpiryUnit.SecondsAt, words.Count > 3),
            "EXPIRE" or "PEXPIRE" or "SETEX" or "PSETEX" => new(2, ExpiryUnit.FromThen, false),
            "SET" => FindOption(words, 3),
            "GETEX" => FindOption(words, 2),
            "MSETEX" => FindOption(words, words.Count - 3),
            "RESTORE" => FindInRestore(words),
            _ => null,
        };

    private static ExpiryArgument? FindOption(CommandArguments words, int from)
    {
        for (var i = Math.Max(from, 2); i < words.Count - 1; i++)
        {
            if (words.Is(i, "PXAT"u8))
                return new(i + 1, ExpiryUnit.MillisecondsAt, false);
            if (words.Is(i, "EXAT"u8))
                return new(i + 1, ExpiryUnit.SecondsAt, false);
            if (words.Is(i, "PX"u8) || words.Is(i, "EX"u8))
                return new(i + 1, ExpiryUnit.FromThen, false);
        }

        return null;
    }

    private static ExpiryArgument? FindInRestore(CommandArguments words)
    {
        if (words.Count < 4 || words[2].SequenceEqual("0"u8))
            return null;

        for (var i = 4; i < words.Count; i++)
        {
            if (words.Is(i, "ABSTTL"u8))
                return new(2, ExpiryUnit.MillisecondsAt, false);
        }

        return new(2, ExpiryUnit.FromThen, false);
    }
}
