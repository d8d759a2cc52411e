using Godwit.Verification.Differences;

namespace Godwit.Verification.Pairs;

/// <summary>Passes on what is found out about keys, but for those that only the target has.</summary>
/// <param name="verdicts">Is told of the others.</param>
/// <param name="extras">Takes those; null where nobody needs them.</param>
internal sealed class ExtrasApart(IVerdicts verdicts, Dictionary<byte[], Difference>? extras) : IVerdicts
{
    /// <inheritdoc/>
    public void Equal(byte[] key) => verdicts.Equal(key);

    /// <inheritdoc/>
    public void Gone(byte[] key) => verdicts.Gone(key);

    /// <inheritdoc/>
    public void Different(DatabasePair databases, byte[] key, Difference difference)
    {
        if (difference.Kind == DifferenceKind.Extra)
            extras?.Add(key, difference);
        else
            verdicts.Different(databases, key, difference);
    }
}
