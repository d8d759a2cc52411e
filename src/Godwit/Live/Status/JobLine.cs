using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Godwit.Live.Status;

/// <summary>Lines of JSON over a stream, each one object. For one reader and one writer.</summary>
internal sealed class JobLine(Stream stream)
{
    // A status has less than 4 KiB.
    private const int LongestLine = 64 * 1024;

    private readonly byte[] _buffer = new byte[LongestLine];
    private int _length;

    /// <summary>Writes one.</summary>
    /// <exception cref="IOException">Nobody reads any more.</exception>
    public async Task WriteAsync<T>(T value, JsonTypeInfo<T> format, CancellationToken cancellationToken)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(value, format), (byte)'\n'];
        await stream.WriteAsync(line, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads one; null at the end.</summary>
    /// <exception cref="JsonException">It is something else, or longer than any.</exception>
    /// <exception cref="IOException">The other side is gone.</exception>
    public async Task<T?> ReadAsync<T>(JsonTypeInfo<T> format, CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            var end = _buffer.AsSpan(0, _length).IndexOf((byte)'\n');
            if (end >= 0)
            {
                var value = JsonSerializer.Deserialize(_buffer.AsSpan(0, end), format);
                _length -= end + 1;
                _buffer.AsSpan(end + 1, _length).CopyTo(_buffer);
                return value;
            }

            if (_length == LongestLine)
                throw new JsonException($"A line is longer than {LongestLine} bytes.");
            var count = await stream.ReadAsync(_buffer.AsMemory(_length), cancellationToken).ConfigureAwait(false);
            if (count == 0)
                return null;
            _length += count;
        }
    }
}
