using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Godwit.Protocol.Rdb;

/// <summary>Throws out of line, so that the readers stay small enough to be inlined.</summary>
internal static class RdbThrow
{
    /// <summary>How a value that we cannot step over still gets across.</summary>
    private const string PassThrough =
        "Read the live server with --read scan, which passes values through without reading them.";

    [DoesNotReturn]
    public static void Malformed(string what, long offset) => throw new RdbFormatException(what, offset);

    [DoesNotReturn]
    public static void Malformed(string what, long offset, string whatToDo) =>
        throw new RdbFormatException(what, offset, whatToDo);

    [DoesNotReturn]
    public static void UnknownLengthForm(byte first, long offset) =>
        throw new RdbFormatException(
            string.Create(CultureInfo.InvariantCulture, $"A length begins with 0x{first:X2}, which no form of it does"),
            offset
        );

    [DoesNotReturn]
    public static void LengthExpected(RdbStringEncoding encoding, long offset) =>
        throw new RdbFormatException($"A string of encoding {encoding} stands where a length belongs", offset);

    [DoesNotReturn]
    public static void CountTooLarge(ulong count, long offset) =>
        throw new RdbFormatException(
            string.Create(CultureInfo.InvariantCulture, $"A length of {count} is more than any value can hold"),
            offset
        );

    [DoesNotReturn]
    public static void StringTooLarge(ulong length, long offset) =>
        throw new RdbFormatException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"A string of {length} bytes is longer than the {Array.MaxLength} bytes that can be decoded"
            ),
            offset,
            PassThrough
        );

    [DoesNotReturn]
    public static void UnknownType(RdbType type, RdbVersion version, long offset) =>
        throw new RdbFormatException(
            type == RdbType.ModulePreRelease
                ? "Type 6, a module's value as release candidates of Redis 4.0 wrote it, cannot be stepped over"
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"Type {(byte)type} of {version} is not known, so its end cannot be found"
                ),
            offset,
            PassThrough
        );

    [DoesNotReturn]
    public static void UnknownVersion(RdbVersion version, long offset) =>
        throw new RdbFormatException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{version} is not one that can be read: Redis 1 to {RdbVersion.HighestRedis} and Valkey {RdbVersion.FirstValkey} are"
            ),
            offset,
            PassThrough
        );
}
