namespace Godwit.Migration;

/// <summary>How many entries lost what. Safe for use from any thread.</summary>
internal sealed class LossCounts
{
    /// <summary>Every loss that has a name, and the name that users write.</summary>
    public static readonly IReadOnlyList<(Losses Loss, string Name)> Names =
    [
        (Losses.FieldExpiries, "field-ttl"),
        (Losses.Functions, "functions"),
        (Losses.Idle, "idle"),
        (Losses.ModuleAux, "module-aux"),
    ];

    private readonly long[] _counts = new long[Names.Count];

    /// <summary>One entry has lost this.</summary>
    public void Add(Losses loss)
    {
        for (var i = 0; i < Names.Count; i++)
        {
            if (Names[i].Loss == loss)
                Interlocked.Increment(ref _counts[i]);
        }
    }

    /// <summary>The losses that happened, by name.</summary>
    public IReadOnlyDictionary<string, long> ToDictionary()
    {
        var result = new Dictionary<string, long>(StringComparer.Ordinal);
        for (var i = 0; i < Names.Count; i++)
        {
            if (Volatile.Read(ref _counts[i]) is > 0 and var count)
                result.Add(Names[i].Name, count);
        }

        return result;
    }
}
