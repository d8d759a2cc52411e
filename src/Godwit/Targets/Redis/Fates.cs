namespace Godwit.Targets.Redis;

/// <summary>How far an entry has come at a target whose servers may take each other's place.</summary>
internal enum Fate : byte
{
    /// <summary>It was not sent, or no reply has come: it may have been written.</summary>
    Unknown,

    /// <summary>It is settled.</summary>
    Settled,

    /// <summary>The server said that it has written it.</summary>
    Written,

    /// <summary>The server has such a key already.</summary>
    Existing,

    /// <summary>The server did not take it: another one may, or the same one later.</summary>
    Detoured,
}

/// <summary>What became of the entries of one batch.</summary>
/// <param name="count">How many there are.</param>
internal sealed class Fates(int count)
{
    private readonly Fate[] _fates = new Fate[count];
    private Dictionary<int, Detour>? _detours;

    /// <summary>The fate of one entry.</summary>
    public Fate this[int index]
    {
        get => _fates[index];
        set => _fates[index] = value;
    }

    /// <summary>Pieces of the large value have been taken: it cannot be written again.</summary>
    public bool HasBegunLarge { get; set; }

    /// <summary>True if any entry has this fate.</summary>
    public bool Any(Fate fate) => Array.IndexOf(_fates, fate) >= 0;

    /// <summary>The server did not take an entry.</summary>
    public void Divert(int index, Detour detour)
    {
        _fates[index] = Fate.Detoured;
        (_detours ??= [])[index] = detour;
    }

    /// <summary>Why an entry was not taken.</summary>
    public Detour DetourOf(int index) => _detours![index];
}
