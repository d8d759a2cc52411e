namespace Godwit.Live.Lanes;

/// <summary>A place at which a source's stream can be taken up again: outside of any of its transactions.</summary>
/// <param name="Offset">The source's offset there.</param>
/// <param name="Database">The source's database that is selected there: nothing in the stream behind it may say so.</param>
internal readonly record struct StreamPlace(long Offset, int Database);
