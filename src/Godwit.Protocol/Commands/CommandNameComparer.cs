using System.Text;

namespace Godwit.Protocol.Commands;

/// <summary>Compares command names in whatever case, as text or as the bytes that came.</summary>
internal sealed class CommandNameComparer
    : IEqualityComparer<string>,
        IAlternateEqualityComparer<ReadOnlySpan<byte>, string>
{
    // FNV-1a, 32 bits.
    private const uint Basis = 2166136261;
    private const uint Prime = 16777619;

    public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.OrdinalIgnoreCase);

    public bool Equals(ReadOnlySpan<byte> alternate, string other) => Ascii.EqualsIgnoreCase(alternate, other);

    public int GetHashCode(string obj)
    {
        var hash = Basis;
        foreach (var character in obj)
            hash = (hash ^ Fold((byte)character)) * Prime;
        return (int)hash;
    }

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = Basis;
        foreach (var value in alternate)
            hash = (hash ^ Fold(value)) * Prime;
        return (int)hash;
    }

    public string Create(ReadOnlySpan<byte> alternate) => Encoding.ASCII.GetString(alternate);

    // Capitals and small letters differ in one bit. That some other characters fall together with it does no harm to a hash.
    private static uint Fold(byte value) => value | 0x20u;
}
