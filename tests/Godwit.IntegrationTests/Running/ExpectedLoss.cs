using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;

namespace Godwit.IntegrationTests.Running;

/// <summary>What of a source a target cannot hold at all.</summary>
internal sealed record ExpectedLoss(IReadOnlySet<KeyName> Keys, IReadOnlySet<string> Functions)
{
    public bool IsNone => Keys.Count == 0 && Functions.Count == 0;

    /// <summary>What a target without these keys may be compared with.</summary>
    public ComparisonOptions Refused => new() { Missing = Keys, IgnoreFunctions = Functions.Count > 0 };

    /// <summary>What a target may be compared with whose user accepted the loss.</summary>
    public ComparisonOptions Accepted =>
        new() { IgnoreFieldExpiry = Keys.Count > 0, IgnoreFunctions = Functions.Count > 0 };

    /// <summary>How the program counts an accepted loss.</summary>
    public IReadOnlyDictionary<string, long> Counts
    {
        get
        {
            Dictionary<string, long> counts = new(StringComparer.Ordinal);
            if (Keys.Count > 0)
                counts.Add("field-ttl", Keys.Count);
            if (Functions.Count > 0)
                counts.Add("functions", Functions.Count);
            return counts;
        }
    }

    public static ExpectedLoss Between(ServerState source, ServerFeatures target)
    {
        var keys = target.FieldExpiry ? [] : source.Keys.Where(key => key.Value.HasFieldExpiry).Select(key => key.Key);
        var functions = target.Functions ? [] : source.Functions.Keys;
        return new(keys.ToHashSet(), functions.ToHashSet(StringComparer.Ordinal));
    }
}
