namespace Godwit.Protocol.Resp;

/// <summary>
/// Finds where one reply ends in a buffer that grows. It goes on where it stopped, so that a reply that comes in many pieces
/// is looked at once; of a long bulk it knows the end from the head. A new one for each reply.
/// </summary>
public struct ReplyMeasure
{
    private int _measured;
    private long _pending;
    private bool _begun;

    /// <summary>
    /// The length that the buffer must have at least before the next try can say more, in bytes. It comes from the wire: a
    /// hint of when to look again, not of what to allocate.
    /// </summary>
    public long Needed { readonly get; private set; }

    /// <summary>Tries again with what is there now.</summary>
    /// <param name="buffer">From the reply's first byte, each time with more behind it.</param>
    /// <param name="length">The reply's length in bytes, attributes before it included.</param>
    /// <param name="limits">Caps on lengths; null for <see cref="RespLimits.Default"/>.</param>
    /// <param name="offset">What came before the buffer, in bytes: errors count from there.</param>
    /// <returns>False if more data is needed.</returns>
    /// <exception cref="ProtocolException">This is not RESP, or is beyond a limit.</exception>
    public bool TryMeasure(ReadOnlySpan<byte> buffer, out int length, RespLimits? limits = null, long offset = 0)
    {
        length = 0;
        if (!_begun)
        {
            _begun = true;
            _pending = 1;
        }

        if (buffer.Length < Needed)
            return false;

        var reader = new RespReader(buffer[_measured..], limits, offset + _measured);
        while (_pending > 0)
        {
            if (!reader.TryReadAny(withBody: true, out var token, out var needed))
            {
                Needed = _measured + needed;
                _measured += reader.Consumed;
                return false;
            }

            // An attribute comes before a value and is none itself.
            _pending += token.Kind == RespKind.Attribute ? token.Count : token.Count - 1;
        }

        _measured += reader.Consumed;
        Needed = _measured;
        length = _measured;
        return true;
    }
}
