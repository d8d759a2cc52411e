namespace Godwit.Migration.Throttle;

/// <summary>
/// How fast a source may be read. It is kept where keys and bytes come in, since reading is what loads a source; the target
/// gets no more than that either.
/// </summary>
/// <param name="Keys">Keys a second; null for no limit.</param>
/// <param name="Bytes">Bytes a second, as they come from the file or the server; null for no limit.</param>
internal sealed record SourcePace(Pace? Keys, Pace? Bytes)
{
    /// <summary>As fast as it goes.</summary>
    public static readonly SourcePace Unlimited = new(null, null);

    /// <summary>What the user has chosen.</summary>
    public static SourcePace Of(MigrationOptions options, TimeProvider timeProvider) =>
        new(Create(options.MaxKeysPerSecond, timeProvider), Create(options.MaxBytesPerSecond, timeProvider));

    private static Pace? Create(long? perSecond, TimeProvider timeProvider) =>
        perSecond is { } rate ? new Pace(rate, timeProvider) : null;
}
