using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Godwit.Protocol.Commands;

/// <summary>
/// Where all keys of one command stand, in up to three ranges: found without allocating, however many they are. A key that a
/// command names twice is there twice.
/// </summary>
[SuppressMessage("Performance", "CA1815", Justification = "Positions are walked through, never compared.")]
public struct KeyPositions
{
    // More than any command of the table has.
    private const int MaxRanges = 3;

    private KeyRange _first;
    private KeyRange _second;
    private KeyRange _third;
    private int _ranges;

    /// <summary>How many keys.</summary>
    public readonly int Count => _first.Count + _second.Count + _third.Count;

    /// <summary>The keys, range by range.</summary>
    public readonly Enumerator GetEnumerator() => new(this);

    internal void Add(in KeyRange range)
    {
        if (range.Count == 0)
            return;

        Debug.Assert(_ranges < MaxRanges, "a command has more ranges of keys than there is room for");
        switch (_ranges++)
        {
            case 0:
                _first = range;
                break;
            case 1:
                _second = range;
                break;
            default:
                _third = range;
                break;
        }
    }

    private readonly KeyRange Range(int index) =>
        index switch
        {
            0 => _first,
            1 => _second,
            _ => _third,
        };

    /// <summary>Walks through the keys.</summary>
    [SuppressMessage("Design", "CA1034", Justification = "An enumerator belongs to what it enumerates.")]
    [SuppressMessage("Performance", "CA1815", Justification = "Enumerators are never compared.")]
    public struct Enumerator
    {
        private readonly KeyPositions _positions;
        private KeyRange _range;
        private int _index;
        private int _next;

        internal Enumerator(in KeyPositions positions)
        {
            _positions = positions;
            _range = positions._first;
            _next = _range.First;
        }

        /// <summary>The key that was come to.</summary>
        public KeyPosition Current { get; private set; }

        /// <summary>Goes on to the next key.</summary>
        /// <returns>False if there is none.</returns>
        public bool MoveNext()
        {
            while (_next >= _range.End)
            {
                if (++_index >= _positions._ranges)
                    return false;
                _range = _positions.Range(_index);
                _next = _range.First;
            }

            Current = new KeyPosition(_next, _range.Access);
            _next += _range.Step;
            return true;
        }
    }
}
