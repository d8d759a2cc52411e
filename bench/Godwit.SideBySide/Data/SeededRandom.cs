using System.Buffers.Binary;

namespace Godwit.SideBySide.Data;

/// <summary>
/// Random numbers that are the same on every machine and with every version of .NET: SplitMix64 by Steele, Lea and Flood.
/// </summary>
internal sealed class SeededRandom(ulong seed)
{
    private static ReadOnlySpan<byte> Letters => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8;

    private static readonly string[] Words =
    [
        .. "account address amount archive basket batch billing branch cache campaign cart catalog category channel".Split(
            ' '
        ),
        .. "city client colour comment country coupon currency customer date delivery discount email event invoice".Split(
            ' '
        ),
        .. "item label language level limit location market member message number offer order owner parcel payment".Split(
            ' '
        ),
        .. "price product profile quantity region request return review sale score season session status stock".Split(
            ' '
        ),
    ];

    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>A number from <paramref name="least"/> to <paramref name="most"/>, both included.</summary>
    public int Between(int least, int most) => least + (int)(Next() % (ulong)(most - least + 1));

    /// <summary>True in so many of a thousand cases.</summary>
    public bool PerMille(int cases) => Between(1, 1000) <= cases;

    /// <summary>A number from 0 up to, and without, 1.</summary>
    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Bytes of every value.</summary>
    public void FillBytes(Span<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, Next());
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)Next();
    }

    /// <summary>Letters and digits that no compression finds a pattern in.</summary>
    public void FillText(Span<byte> text)
    {
        var bits = 0UL;
        for (var i = 0; i < text.Length; i++)
        {
            // Ten letters of six bits come out of one number.
            bits = i % 10 == 0 ? Next() : bits >> 6;
            text[i] = Letters[(int)(bits & 63)];
        }
    }

    /// <summary>Words with spaces between them, which compress as records of an application do.</summary>
    public void FillWords(Span<byte> text)
    {
        while (text.Length > 0)
        {
            var word = Words[Between(0, Words.Length - 1)];
            for (var i = 0; i <= word.Length && text.Length > 0; i++, text = text[1..])
                text[0] = i == word.Length ? (byte)' ' : (byte)word[i];
        }
    }
}
