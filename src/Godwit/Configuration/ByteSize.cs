using System.Buffers;
using System.Globalization;

namespace Godwit.Configuration;

/// <summary>A number of bytes as people write and read it: <c>512</c>, <c>64KiB</c>, <c>1.5GiB</c>.</summary>
/// <param name="Bytes">Zero or more.</param>
internal readonly record struct ByteSize(long Bytes)
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");
    private static readonly string[] BinaryUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    private static readonly string[] DecimalUnits = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>
    /// Reads a size. <c>KiB</c>, <c>MiB</c>… and the bare letters <c>K</c>, <c>M</c>… count in powers of 1024, <c>kB</c>,
    /// <c>MB</c>… in powers of 1000; a number alone is bytes. Case does not matter, a space before the unit is allowed.
    /// </summary>
    /// <returns>False where it is not a size, is negative, or is beyond 8 EiB.</returns>
    public static bool TryParse(string? text, out ByteSize size)
    {
        size = default;
        var trimmed = text.AsSpan().Trim();
        var digits = trimmed.IndexOfAnyExcept(NumberCharacters);
        var number = digits < 0 ? trimmed : trimmed[..digits];
        var unit = digits < 0 ? "B" : trimmed[digits..].Trim();
        if (
            !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            || !TryGetFactor(unit, out var factor)
            || count > long.MaxValue / factor
        )
            return false;

        var bytes = decimal.Round(count * factor);
        if (bytes > long.MaxValue)
            return false;
        size = new ByteSize((long)bytes);
        return true;
    }

    /// <summary>At most four digits that matter, with the largest binary unit that leaves one or more: <c>1.46 GiB</c>.</summary>
    public override string ToString()
    {
        if (Bytes < 1024)
            return string.Create(CultureInfo.InvariantCulture, $"{Bytes} B");

        var value = (double)Bytes;
        var unit = 0;
        // What would be rounded up to 1024 of a unit is one of the next.
        while (value >= 1023.5 && unit < BinaryUnits.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        var format = value switch
        {
            < 9.995 => "0.00",
            < 99.95 => "0.0",
            _ => "0",
        };
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {BinaryUnits[unit]}";
    }

    private static bool TryGetFactor(ReadOnlySpan<char> unit, out decimal factor)
    {
        factor = 1;
        for (var power = 0; power < BinaryUnits.Length; power++)
        {
            var isBinary =
                unit.Equals(BinaryUnits[power], StringComparison.OrdinalIgnoreCase)
                || (power > 0 && unit.Equals(BinaryUnits[power].AsSpan(0, 1), StringComparison.OrdinalIgnoreCase));
            var isDecimal = unit.Equals(DecimalUnits[power], StringComparison.OrdinalIgnoreCase);
            if (isBinary || isDecimal)
            {
                for (var i = 0; i < power; i++)
                    factor *= isBinary ? 1024 : 1000;
                return true;
            }
        }

        return false;
    }
}
