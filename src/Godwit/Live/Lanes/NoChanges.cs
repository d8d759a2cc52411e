namespace Godwit.Live.Lanes;

/// <summary>Stands for changes whose keys nobody will ask for.</summary>
internal sealed class NoChanges : ILaneChanges
{
    /// <summary>The only one.</summary>
    public static readonly NoChanges Instance = new();

    private static readonly TouchedKeys None = new([], [], IsServerWide: false);

    /// <inheritdoc/>
    public TouchedKeys KeysOf(in LaneStep step) => None;

    /// <inheritdoc/>
    public void Dispose()
    {
        // There is nothing to give back.
    }
}
