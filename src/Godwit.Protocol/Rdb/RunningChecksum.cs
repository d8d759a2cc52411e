namespace Godwit.Protocol.Rdb;

/// <summary>
/// The checksum of what has been read, computed over a whole run of items at once rather than over each. It also notices a
/// caller that moves bytes while a run is open.
/// </summary>
internal sealed class RunningChecksum
{
    private int _start;
    private int _passed;
    private bool _isOpen;

    public ulong Value { get; private set; }

    /// <summary>A read begins at a place of the buffer, which opens a run unless one is open.</summary>
    public void Enter(int position)
    {
        if (!_isOpen)
        {
            _start = position;
            _isOpen = true;
        }
        else if (position != _passed)
        {
            throw new InvalidOperationException(
                "The position was moved after a read that succeeded: bytes may be dropped only when more are needed."
            );
        }
    }

    /// <summary>The run goes on from here.</summary>
    public void Pass(int position) => _passed = position;

    /// <summary>The run ends here.</summary>
    public void Leave(ReadOnlySpan<byte> buffer, int position)
    {
        Value = Crc64.Append(Value, buffer[_start..position]);
        _isOpen = false;
    }
}
