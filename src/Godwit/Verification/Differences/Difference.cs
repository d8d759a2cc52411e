using System.Globalization;
using System.Text;
using Godwit.Protocol.Rdb;

namespace Godwit.Verification.Differences;

/// <summary>In what, and where, a key of the source and that of the target differ.</summary>
/// <param name="Kind">In what.</param>
/// <param name="Type">The type's name at the source, or at the target where the source lacks it; null if that was not asked.</param>
internal sealed record Difference(DifferenceKind Kind, string? Type)
{
    /// <summary>Where the values differ first; null where they do not differ within.</summary>
    public Place? Place { get; init; }

    /// <summary>What it is that differs there, in words.</summary>
    public string? What { get; init; }

    /// <summary>What the source has there; null for nothing.</summary>
    public byte[]? Source { get; init; }

    /// <summary>What the target has there; null for nothing.</summary>
    public byte[]? Target { get; init; }

    /// <summary>Tells one difference from another: what stays the same has the same number each time it is looked at.</summary>
    public ulong Fingerprint
    {
        get
        {
            var crc = Crc64.Append(0, [(byte)Kind, Place is null ? byte.MaxValue : (byte)Place.Kind]);
            crc = Append(crc, Encoding.UTF8.GetBytes(What ?? ""));
            crc = Append(crc, Encoding.ASCII.GetBytes(Number(Place?.Number ?? -1)));
            crc = Append(crc, Place?.Name);
            crc = Append(crc, Place?.Consumer);
            crc = Append(crc, Encoding.ASCII.GetBytes(Place?.Id?.ToString() ?? ""));
            return Append(Append(crc, Source), Target);
        }
    }

    /// <summary>A difference in expiries. Times are Unix milliseconds; -1 does not expire.</summary>
    public static Difference OfExpiry(string? type, long source, long target, Place? place = null) =>
        new(DifferenceKind.Ttl, type)
        {
            Place = place,
            What = "expiry",
            Source = Time(source),
            Target = Time(target),
        };

    /// <summary>A difference in types.</summary>
    public static Difference OfTypes(string source, string target) =>
        new(DifferenceKind.Type, source) { What = $"{source} at the source, {target} at the target" };

    /// <summary>A difference in a number.</summary>
    public static Difference OfNumbers(string? type, Place? place, string what, long source, long target) =>
        new(DifferenceKind.Value, type)
        {
            Place = place,
            What = what,
            Source = Encoding.ASCII.GetBytes(Number(source)),
            Target = Encoding.ASCII.GetBytes(Number(target)),
        };

    /// <summary>Whether there is a difference cannot be told, and why.</summary>
    public static Difference CannotTell(string? type, string why) => new(DifferenceKind.Unknown, type) { What = why };

    private static byte[]? Time(long at) => at < 0 ? null : Encoding.ASCII.GetBytes(Number(at));

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    // With the length in front, so that two parts are never taken for one.
    private static ulong Append(ulong crc, byte[]? part) =>
        Crc64.Append(Crc64.Append(crc, BitConverter.GetBytes(part?.Length ?? -1)), part ?? []);
}
