using Godwit.Live.Lanes;
using Godwit.Protocol.Cluster;

namespace Godwit.Live.Routing;

/// <summary>The changes as one of several lanes sees them: of their keys it knows those that it writes.</summary>
internal sealed class LaneChanges(RoutedChanges all, LaneMap map, int lane) : ILaneChanges
{
    private int _isDisposed;

    /// <inheritdoc/>
    public TouchedKeys KeysOf(in LaneStep step)
    {
        var keys = all.KeysOf(step);
        return keys.IsServerWide ? keys : keys with { Written = Own(keys.Written), Read = Own(keys.Read) };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            all.Dispose();
    }

    private List<DatabaseKey> Own(IReadOnlyList<DatabaseKey> keys) =>
        [.. keys.Where(key => map.LaneOf(HashSlot.Of(key.ToBytes())) == lane)];
}
