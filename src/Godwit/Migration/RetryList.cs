using System.Text.Json;
using Godwit.Json;

namespace Godwit.Migration;

/// <summary>The keys and function libraries that an earlier run's <see cref="DeadLetters"/> name: the only ones to try now.</summary>
internal sealed class RetryList
{
    // Each key with whether it was found.
    private readonly Dictionary<int, Dictionary<byte[], bool>> _keys = [];

    private RetryList() { }

    /// <summary>The databases that have a key in the list.</summary>
    public IEnumerable<int> Databases => _keys.Keys.Order();

    /// <summary>True if function libraries are to be tried again.</summary>
    public bool Functions { get; private set; }

    /// <summary>True if what modules keep beside the keys is to be tried again.</summary>
    public bool ModuleAux { get; private set; }

    /// <summary>How many keys there are.</summary>
    public long Count => _keys.Values.Sum(keys => (long)keys.Count);

    /// <summary>The keys of one database.</summary>
    public IReadOnlyCollection<byte[]> Keys(int database) => _keys.TryGetValue(database, out var keys) ? keys.Keys : [];

    /// <summary>True if the list has this key, which then counts as found. For one reader.</summary>
    public bool Find(int database, ReadOnlySpan<byte> key)
    {
        if (!_keys.TryGetValue(database, out var keys))
            return false;

        var lookup = keys.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!lookup.ContainsKey(key))
            return false;

        lookup[key] = true;
        return true;
    }

    /// <summary>How many keys of one database, or of all, <see cref="Find"/> was never asked for.</summary>
    public int NotFound(int? database) =>
        _keys
            .Where(keys => database is null || database == keys.Key)
            .Sum(keys => keys.Value.Values.Count(found => !found));

    /// <summary>Reads the list. It is wholly in memory: an errors file has at most <c>--max-errors</c> lines.</summary>
    /// <exception cref="RefusedException">The file cannot be read, or a line is not a dead letter.</exception>
    public static async Task<RetryList> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var list = new RetryList();
        var number = 0;
        try
        {
            await foreach (var line in File.ReadLinesAsync(path, cancellationToken).ConfigureAwait(false))
            {
                number++;
                if (line.Length == 0)
                    continue;
                using var document = JsonDocument.Parse(line);
                list.Add(document.RootElement);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(
                $"The file of failed keys {path} cannot be read: {exception.Message}",
                "Name the errors file of an earlier run after --retry.",
                exception
            );
        }
        catch (Exception exception)
            when (exception is JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            throw new RefusedException(
                $"Line {number} of {path} does not name a failed key",
                "Name the errors file of an earlier run after --retry, as that run wrote it.",
                exception
            );
        }

        return list;
    }

    private void Add(JsonElement line)
    {
        switch (line.GetProperty("type").GetString())
        {
            case DeadLetters.FunctionType:
                Functions = true;
                return;
            case DeadLetters.ModuleAuxType:
                ModuleAux = true;
                return;
        }

        var database = line.GetProperty("db").GetInt32();
        if (!_keys.TryGetValue(database, out var keys))
            _keys.Add(database, keys = new Dictionary<byte[], bool>(ByteComparer.Instance));
        var key = line.GetProperty("key").GetString() ?? throw new FormatException("a key is null");
        keys[BinaryText.Decode(key)] = false;
    }

    private sealed class ByteComparer
        : IEqualityComparer<byte[]>,
            IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly ByteComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }
    }
}
