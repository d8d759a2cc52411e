using System.Globalization;
using System.Text;

namespace Godwit.Protocol.Rdb;

/// <summary>What a type byte means to those who do not decode its value.</summary>
public static class RdbTypes
{
    /// <summary>What the key holds. The type must be one that <see cref="RdbType"/> names.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type has no name.</exception>
    public static ValueKind Kind(this RdbType type) =>
        type switch
        {
            RdbType.String => ValueKind.String,
            RdbType.List or RdbType.ListZiplist or RdbType.ListQuicklist or RdbType.ListQuicklist2 => ValueKind.List,
            RdbType.Set or RdbType.SetIntset or RdbType.SetListpack => ValueKind.Set,
            RdbType.SortedSet or RdbType.SortedSetTextScores or RdbType.SortedSetZiplist or RdbType.SortedSetListpack =>
                ValueKind.SortedSet,
            RdbType.Hash
            or RdbType.HashZipmap
            or RdbType.HashZiplist
            or RdbType.HashListpack
            or RdbType.HashWithExpiries22
            or RdbType.HashListpackWithExpiriesPreRelease
            or RdbType.HashWithExpiries
            or RdbType.HashListpackWithExpiries => ValueKind.Hash,
            RdbType.Stream or RdbType.Stream2 or RdbType.Stream3 => ValueKind.Stream,
            RdbType.Module or RdbType.ModulePreRelease => ValueKind.Module,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not a value's type"),
        };

    /// <summary>The kind's name as the server's <c>TYPE</c> says it.</summary>
    public static string Name(this ValueKind kind) => Encoding.ASCII.GetString(NameUtf8(kind));

    /// <summary>The same in UTF-8.</summary>
    public static ReadOnlySpan<byte> NameUtf8(this ValueKind kind) =>
        kind switch
        {
            ValueKind.String => "string"u8,
            ValueKind.List => "list"u8,
            ValueKind.Set => "set"u8,
            ValueKind.SortedSet => "zset"u8,
            ValueKind.Hash => "hash"u8,
            ValueKind.Stream => "stream"u8,
            ValueKind.Module => "module"u8,
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a kind of value"),
        };

    /// <summary>The kind's name, or, of a type that this reader does not know, its number.</summary>
    public static string Describe(this RdbType type) =>
        type.IsKnown() ? type.Kind().Name() : string.Create(CultureInfo.InvariantCulture, $"type {(byte)type}");

    /// <summary>True if this reader knows the type.</summary>
    public static bool IsKnown(this RdbType type) => Enum.IsDefined(type);
}
