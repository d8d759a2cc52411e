using System.Buffers;
using System.Text;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;
using Godwit.Targets.Redis;

namespace Godwit.Tests.Targets.Redis;

/// <summary>What was written, as lines of words.</summary>
internal static class Commands
{
    public static string[] In(ArrayBufferWriter<byte> output)
    {
        var lines = new List<string>();
        var rest = output.WrittenSpan;
        while (!rest.IsEmpty)
        {
            RespValue.TryParse(rest, out var command, out var consumed).ShouldBeTrue();
            lines.Add(string.Join(' ', command!.Items.Select(word => Encoding.Latin1.GetString(word.Bytes.Span))));
            rest = rest[consumed..];
        }

        return [.. lines];
    }

    /// <summary>A target of a version of Redis: 6.0, 6.2, 7.0 or 7.4.</summary>
    public static TargetProfile Profile(string version, RestoreSupport? restore = null)
    {
        var number = Version.Parse(version);
        return new TargetProfile
        {
            Family = RdbFamily.Redis,
            Server = $"redis {version}",
            Restore = restore ?? RestoreSupport.None,
            HasTransactions = true,
            HasFieldExpiry = number >= new Version(7, 4),
            HasFunctions = number >= new Version(7, 0),
            HasStreamCounters = number >= new Version(7, 0),
            HasCreateConsumer = number >= new Version(6, 2),
            HasTrimByMinId = number >= new Version(6, 2),
        };
    }
}
