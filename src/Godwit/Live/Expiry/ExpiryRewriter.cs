using System.Buffers;
using System.Buffers.Text;
using Godwit.Protocol.Commands;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Expiry;

/// <summary>What becomes of a command that says when something expires.</summary>
internal enum ExpiryVerdict : byte
{
    /// <summary>It can go as it is.</summary>
    AsItIs,

    /// <summary>It goes with another time, or without its condition.</summary>
    Rewritten,

    /// <summary>Its time is not known any more, or its condition: the key is to be read anew.</summary>
    Unknown,
}

/// <summary>Gives commands the expiries that the target is to have.</summary>
internal sealed class ExpiryRewriter(ExpiryHold hold)
{
    private const long MillisecondsPerSecond = 1000;

    private readonly FieldExpiryRewriter _fields = new(hold);

    /// <summary>Looks at a command.</summary>
    /// <param name="command">Its name, in capitals.</param>
    /// <param name="words">All its words.</param>
    /// <param name="rewritten">The command to send instead, where it is to be another.</param>
    public ExpiryVerdict Rewrite(string command, CommandArguments words, out byte[] rewritten)
    {
        rewritten = [];
        if (FieldExpiryRewriter.Concerns(command))
            return _fields.Rewrite(command, words, out rewritten);

        // A payload may hold expiries of fields too.
        if (
            command == "RESTORE"
            && words.Count > 3
            && words[3] is [var type, ..]
            && FieldExpiryShift.Concerns((RdbType)type)
        )
            return ExpiryVerdict.Unknown;
        if (ExpiryArgument.Find(command, words) is not { } expiry)
            return ExpiryVerdict.AsItIs;
        if (
            expiry.Unit == ExpiryUnit.FromThen
            || !Utf8Parser.TryParse(words[expiry.Word], out long time, out var digits)
            || digits != words[expiry.Word].Length
        )
        {
            return ExpiryVerdict.Unknown;
        }

        var isSeconds = expiry.Unit == ExpiryUnit.SecondsAt;
        var moved = hold.Apply(isSeconds ? checked(time * MillisecondsPerSecond) : time);
        var written = isSeconds ? moved / MillisecondsPerSecond : moved;

        // The source has found the condition true; here it might not be, since what it compares with is held back.
        if (written == time && !expiry.IsConditional)
            return ExpiryVerdict.AsItIs;

        rewritten = Write(words, expiry.IsConditional ? expiry.Word + 1 : words.Count, expiry.Word, written);
        return ExpiryVerdict.Rewritten;
    }

    private static byte[] Write(CommandArguments words, int count, int timeWord, long time)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new RespWriter(output);
        writer.WriteArrayHeader(count);
        for (var i = 0; i < count; i++)
        {
            if (i == timeWord)
                writer.WriteBulk(time);
            else
                writer.WriteBulk(words[i]);
        }

        return output.WrittenSpan.ToArray();
    }
}
