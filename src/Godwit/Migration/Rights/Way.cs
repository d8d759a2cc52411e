namespace Godwit.Migration.Rights;

/// <summary>A way of reading a server or of following it.</summary>
/// <param name="Name"><c>sync</c>, <c>scan</c>, <c>tracking</c> or <c>notify</c>.</param>
/// <param name="IsOpen">Whether it is open to us; null where only trying will tell.</param>
/// <param name="Why">What opens or closes it, without a full stop at its end.</param>
/// <param name="WayOut">What would open it; null where it is open or nothing would.</param>
internal sealed record Way(string Name, bool? IsOpen, string Why, string? WayOut = null);
