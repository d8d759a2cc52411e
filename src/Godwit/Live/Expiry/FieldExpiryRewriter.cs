using System.Buffers;
using System.Buffers.Text;
using System.Collections.Frozen;
using Godwit.Protocol.Commands;
using Godwit.Protocol.Resp;

namespace Godwit.Live.Expiry;

/// <summary>
/// Gives commands on fields of hashes the expiries that the target is to have, where that is exact. What does not name the very
/// fields that the source has changed, or builds on a field that may have died at the target, has its hash read anew.
/// </summary>
internal sealed class FieldExpiryRewriter(ExpiryHold hold)
{
    private const long MillisecondsPerSecond = 1000;

    private static readonly FrozenSet<string> Commands = FrozenSet.Create(
        StringComparer.Ordinal,
        "HEXPIRE",
        "HEXPIREAT",
        "HGETEX",
        "HPERSIST",
        "HPEXPIRE",
        "HPEXPIREAT",
        "HSETEX"
    );

    /// <summary>True for the commands that it is to look at.</summary>
    public static bool Concerns(string command) => Commands.Contains(command);

    /// <summary>Looks at a command.</summary>
    /// <param name="command">Its name, in capitals.</param>
    /// <param name="words">All its words.</param>
    /// <param name="rewritten">The command to send instead, where it is to be another.</param>
    public ExpiryVerdict Rewrite(string command, CommandArguments words, out byte[] rewritten)
    {
        rewritten = [];
        return command switch
        {
            "HSETEX" when hold.Fields.Support.TargetHasSetEx => RewriteSet(words, ref rewritten),
            "HPEXPIREAT" when MayExpire => RewriteExpire(words, ref rewritten),
            _ => ExpiryVerdict.Unknown,
        };
    }

    // A field that has died at the target is not brought back by a later expiry.
    private bool MayExpire =>
        hold.Fields.Support is { TargetHasThem: true, SourceNamesWhatChanged: true } && hold.IsUnbroken;

    // HPEXPIREAT key time [NX | XX | GT | LT] FIELDS number field…
    private ExpiryVerdict RewriteExpire(CommandArguments words, ref byte[] rewritten)
    {
        var fields = words.Is(3, "FIELDS"u8) ? 3 : 4;
        if (!words.Is(fields, "FIELDS"u8) || !TryTime(words, 2, out var time))
            return ExpiryVerdict.Unknown;

        // The source has found the condition true of these fields.
        rewritten = Write(words, [], hold.Fields.Apply(time), fields);
        return ExpiryVerdict.Rewritten;
    }

    // HSETEX key [FNX | FXX] [PXAT time | EXAT time | KEEPTTL] FIELDS number (field value)…
    private ExpiryVerdict RewriteSet(CommandArguments words, ref byte[] rewritten)
    {
        long? time = null;
        var (isConditional, keeps) = (false, false);
        var fields = 2;
        for (; fields < words.Count && !words.Is(fields, "FIELDS"u8); fields++)
        {
            var isMilliseconds = words.Is(fields, "PXAT"u8);
            if (words.Is(fields, "FNX"u8) || words.Is(fields, "FXX"u8))
            {
                isConditional = true;
            }
            else if (words.Is(fields, "KEEPTTL"u8))
            {
                keeps = true;
            }
            else if ((isMilliseconds || words.Is(fields, "EXAT"u8)) && TryTime(words, ++fields, out var at))
            {
                time = isMilliseconds ? at : checked(at * MillisecondsPerSecond);
            }
            else
            {
                return ExpiryVerdict.Unknown;
            }
        }

        // One that has died at the target has nothing left to keep.
        if (!AreTheRest(words, fields) || (keeps && !hold.IsUnbroken))
            return ExpiryVerdict.Unknown;
        if (time is null && !isConditional)
            return ExpiryVerdict.AsItIs;

        var option =
            time is not null ? "PXAT"u8
            : keeps ? "KEEPTTL"u8
            : [];
        rewritten = Write(words, option, time is { } meant ? hold.Fields.Apply(meant) : null, fields);
        return ExpiryVerdict.Rewritten;
    }

    private static bool TryTime(CommandArguments words, int index, out long time)
    {
        time = 0;
        return index < words.Count
            && Utf8Parser.TryParse(words[index], out time, out var digits)
            && digits == words[index].Length;
    }

    // Nothing that we do not know stands behind the fields.
    private static bool AreTheRest(CommandArguments words, int fields) =>
        TryTime(words, fields + 1, out var number)
        && number == (words.Count - fields - 2) / 2
        && (words.Count - fields) % 2 == 0;

    // Name and key, what comes in place of the options, and all from FIELDS on.
    private static byte[] Write(CommandArguments words, ReadOnlySpan<byte> option, long? time, int fields)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new RespWriter(output);
        writer.WriteArrayHeader(2 + (option.IsEmpty ? 0 : 1) + (time is null ? 0 : 1) + words.Count - fields);
        writer.WriteBulk(words[0]);
        writer.WriteBulk(words[1]);
        if (!option.IsEmpty)
            writer.WriteBulk(option);
        if (time is { } expireAt)
            writer.WriteBulk(expireAt);
        for (var i = fields; i < words.Count; i++)
            writer.WriteBulk(words[i]);
        return output.WrittenSpan.ToArray();
    }
}
