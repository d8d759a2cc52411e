namespace Godwit.Live.Positions;

/// <summary>
/// Says up to where a stream's bytes are not wanted any more. A target whose servers take each other's place may lose what it confirmed
/// in the last seconds, since replicas follow without being waited for: so much is kept.
/// </summary>
/// <param name="mayLose">The target may lose what it has confirmed.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class ConfirmedPlaces(bool mayLose, TimeProvider timeProvider)
{
    // Longer than a replica that still counts as one stays behind (cluster-replica-validity-factor, min-replicas-max-lag).
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(10);

    private readonly Dictionary<int, Queue<(long At, long Place)>> _places = [];

    /// <summary>Notes what the target has confirmed.</summary>
    /// <param name="stream">Number of the stream.</param>
    /// <param name="place">The offset.</param>
    /// <returns>The offset up to which nothing will be asked for again; null while there is none.</returns>
    public long? Note(int stream, long place)
    {
        if (!mayLose)
            return place;

        if (!_places.TryGetValue(stream, out var places))
            _places.Add(stream, places = new Queue<(long, long)>());
        places.Enqueue((timeProvider.GetTimestamp(), place));
        long? safe = null;
        while (places.TryPeek(out var oldest) && timeProvider.GetElapsedTime(oldest.At) > KeptFor)
            safe = places.Dequeue().Place;
        return safe;
    }
}
