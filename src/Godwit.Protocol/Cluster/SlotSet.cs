using System.Globalization;
using System.Numerics;
using System.Text;

namespace Godwit.Protocol.Cluster;

/// <summary>A set of hash slots. It never changes.</summary>
public sealed class SlotSet : IEquatable<SlotSet>
{
    private const int BitsPerWord = 64;

    private readonly ulong[] _words = new ulong[HashSlot.Count / BitsPerWord];

    /// <summary>Creates the set of some slots.</summary>
    /// <param name="slots">Each 0 to 16383; in any order.</param>
    public SlotSet(IEnumerable<int> slots)
    {
        ArgumentNullException.ThrowIfNull(slots);
        foreach (var slot in slots)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)slot, (uint)HashSlot.Count, nameof(slots));
            _words[slot / BitsPerWord] |= 1UL << (slot % BitsPerWord);
        }

        foreach (var word in _words)
            Count += BitOperations.PopCount(word);
    }

    /// <summary>Every slot.</summary>
    public static SlotSet All { get; } = new(Enumerable.Range(0, HashSlot.Count));

    /// <summary>No slot.</summary>
    public static SlotSet None { get; } = new([]);

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>It holds every slot.</summary>
    public bool IsAll => Count == HashSlot.Count;

    /// <summary>True if it holds the slot, 0 to 16383.</summary>
    public bool Contains(int slot) => (_words[slot / BitsPerWord] >> (slot % BitsPerWord) & 1) != 0;

    /// <summary>True if it holds the key's slot.</summary>
    public bool Contains(ReadOnlySpan<byte> key) => IsAll || Contains(HashSlot.Of(key));

    /// <summary>The slots, in rising order.</summary>
    public IEnumerable<int> Slots() => Enumerable.Range(0, HashSlot.Count).Where(Contains);

    /// <summary>Those that the other has not.</summary>
    public SlotSet Without(SlotSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new SlotSet(Slots().Where(slot => !other.Contains(slot)));
    }

    /// <summary>Those that both have.</summary>
    public SlotSet And(SlotSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new SlotSet(Slots().Where(other.Contains));
    }

    /// <summary>Those that either has.</summary>
    public SlotSet Or(SlotSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new SlotSet(Slots().Concat(other.Slots()));
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static SlotSet Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slots = new List<int>();
        foreach (var range in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = range.Split('-');
            var (first, last) = (Number(ends[0]), Number(ends[^1]));
            if (ends.Length > 2 || last < first)
                throw new FormatException($"'{range}' is no range of slots");
            slots.AddRange(Enumerable.Range(first, last - first + 1));
        }

        return new SlotSet(slots);

        static int Number(string digits) =>
            int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number < HashSlot.Count
                ? number
                : throw new FormatException($"'{digits}' is no slot: slots are 0 to {HashSlot.Count - 1}");
    }

    /// <summary>Ranges, as <c>0-5460,7000</c>; empty for none.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (var first = 0; first < HashSlot.Count; first++)
        {
            if (!Contains(first))
                continue;

            var last = first;
            while (last + 1 < HashSlot.Count && Contains(last + 1))
                last++;
            text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? "," : "")}{first}");
            if (last > first)
                text.Append(CultureInfo.InvariantCulture, $"-{last}");
            first = last;
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public bool Equals(SlotSet? other) => other is not null && _words.AsSpan().SequenceEqual(other._words);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SlotSet);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var word in _words)
            hash.Add(word);
        return hash.ToHashCode();
    }
}
