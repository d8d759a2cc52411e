namespace Godwit.Migration;

/// <summary>
/// Notes what is to be read again once a source has ended: a target could not finish a large value, since the server that it
/// went to was lost, and what was streamed cannot be sent twice.
/// </summary>
internal interface ISecondLook
{
    /// <summary>Notes a key. Safe to call from any thread.</summary>
    /// <returns>False if there are too many already: the key is to be failed.</returns>
    bool TryAdd(int database, ReadOnlySpan<byte> key);
}
