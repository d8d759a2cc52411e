using Godwit.Migration;

namespace Godwit.Sources.Scan;

/// <summary>
/// The names that SCAN gave last. It gives a name twice where a table shrinks between two rounds: the buckets that become one are those
/// that it gives one after another, so the second time comes soon after the first. How many are kept is bounded, in number and bytes.
/// </summary>
internal sealed class RecentNames
{
    // Some rounds, and far more than what the buckets hold that become one.
    private const int MostNames = 8 * 1024;

    private const long MostBytes = 1024 * 1024;

    private readonly Queue<byte[]> _inOrder = new();
    private readonly HashSet<byte[]> _names = new(ByteArrayComparer.Instance);
    private long _bytes;

    /// <summary>Takes a name.</summary>
    /// <returns>False if it was given a short while ago.</returns>
    public bool TryAdd(byte[] name)
    {
        if (!_names.Add(name))
            return false;

        _inOrder.Enqueue(name);
        _bytes += name.Length;
        while (_inOrder.Count > MostNames || _bytes > MostBytes)
        {
            var oldest = _inOrder.Dequeue();
            _bytes -= oldest.Length;
            _names.Remove(oldest);
        }

        return true;
    }

    /// <summary>Forgets a name: what was not read is to be read when it is given again.</summary>
    public void Forget(byte[] name) => _names.Remove(name);

    /// <summary>Forgets all: names of another database are others.</summary>
    public void Clear()
    {
        _inOrder.Clear();
        _names.Clear();
        _bytes = 0;
    }
}
