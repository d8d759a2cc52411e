namespace Godwit.Verification.Files;

/// <summary>
/// Which keys a file holds, bounded in memory: the keys are dealt out to parts by their hashes, and one part is held at a time.
/// </summary>
/// <param name="limit">Bytes that it may take.</param>
internal sealed class KeyIndex(long limit)
{
    // A hash in a set, with what the set needs for itself at its worst.
    private const int BytesOfOne = 64;

    private readonly HashSet<UInt128> _hashes = [];
    private readonly long _most = Math.Max(1, limit / BytesOfOne);
    private UInt128 _parts = 1;
    private UInt128 _part;
    private long _seen;

    /// <summary>How many parts there are.</summary>
    public int Parts => (int)_parts;

    /// <summary>Takes a key of a first reading, in which nobody knows yet how many there will be.</summary>
    /// <returns>False if it came before, as far as there is room to remember.</returns>
    public bool Learn(UInt128 hash)
    {
        _seen++;
        return _hashes.Count < _most ? _hashes.Add(hash) : !_hashes.Contains(hash);
    }

    /// <summary>Ends the first reading.</summary>
    /// <returns>True if every key is held. If not, one part after another must be read.</returns>
    public bool EndLearning()
    {
        if (_seen <= _most)
            return true;

        _parts = (UInt128)((_seen + _most - 1) / _most);
        return false;
    }

    /// <summary>Begins a part.</summary>
    public void Begin(int part)
    {
        _hashes.Clear();
        _part = (UInt128)part;
    }

    /// <summary>Takes a key, if it belongs to the present part.</summary>
    public void Add(UInt128 hash)
    {
        if (IsOfPart(hash))
            _hashes.Add(hash);
    }

    /// <summary>True of a key of the present part that the file does not hold.</summary>
    public bool Lacks(UInt128 hash) => IsOfPart(hash) && !_hashes.Contains(hash);

    private bool IsOfPart(UInt128 hash) => hash % _parts == _part;
}
