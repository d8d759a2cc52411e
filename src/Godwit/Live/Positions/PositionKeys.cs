using System.Globalization;
using System.Text;
using Godwit.Protocol.Cluster;

namespace Godwit.Live.Positions;

/// <summary>The names of the records that a job keeps at its target: one for each server that is followed and each that is written to.</summary>
internal static class PositionKeys
{
    /// <summary>What all of them begin with.</summary>
    public const string Prefix = "godwit:position:";

    private static ReadOnlySpan<byte> PrefixBytes => "godwit:position:"u8;

    /// <summary>True for a record's name, whichever job it is of.</summary>
    public static bool IsOne(ReadOnlySpan<byte> key) => key.StartsWith(PrefixBytes);

    /// <summary>The name of a record.</summary>
    /// <param name="job">The job.</param>
    /// <param name="server">The number of the server that is followed, from 0.</param>
    /// <param name="slot">A slot of the target's shard; null where the target is no cluster.</param>
    public static string Of(string job, int server, int? slot)
    {
        var name = server == 0 ? Prefix + job : string.Create(CultureInfo.InvariantCulture, $"{Prefix}{job}:{server}");
        return slot is { } at ? $"{name}{{{Encoding.ASCII.GetString(HashSlot.TagOf(at))}}}" : name;
    }

    /// <summary>The name of the mark that a job sets, for a moment, behind its last change.</summary>
    public static string OfCutOver(string job, int? slot) =>
        slot is { } at ? $"{Prefix}{job}:end{{{Encoding.ASCII.GetString(HashSlot.TagOf(at))}}}" : $"{Prefix}{job}:end";
}
