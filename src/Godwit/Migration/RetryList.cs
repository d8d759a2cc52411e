using System.Text.Json;
using Godwit.Json;

namespace Godwit.Migration;

/// <summary>The keys and function libraries that an earlier run's <see cref="DeadLetters"/> name: the only ones to try now.</summary>
internal sealed class RetryList
{
    private readonly Dictionary<int, Dictionary<byte[], Wanted>> _keys = [];
    private readonly HashSet<byte[]> _libraries = new(ByteArrayComparer.Instance);

    private RetryList() { }

    /// <summary>The databases that have a key in the list.</summary>
    public IEnumerable<int> Databases => _keys.Keys.Order();

    /// <summary>True if function libraries are to be tried again.</summary>
    public bool Functions => _libraries.Count > 0;

    /// <summary>True if the list names this function library. Those that have arrived would fail for being there.</summary>
    public bool HasFunction(ReadOnlySpan<byte> library) =>
        _libraries.GetAlternateLookup<ReadOnlySpan<byte>>().Contains(library);

    /// <summary>True if what modules keep beside the keys is to be tried again.</summary>
    public bool ModuleAux { get; private set; }

    /// <summary>How many keys there are.</summary>
    public long Count => _keys.Values.Sum(keys => (long)keys.Count);

    /// <summary>The keys of one database that are wanted of one source.</summary>
    public IEnumerable<byte[]> Keys(int database, string? source) =>
        _keys.TryGetValue(database, out var keys)
            ? keys.Where(key => key.Value.IsWantedOf(source)).Select(key => key.Key)
            : [];

    /// <summary>True if the list wants this key of this source; it then counts as found. Safe for use from any thread.</summary>
    public bool Find(int database, ReadOnlySpan<byte> key, string? source)
    {
        if (
            !_keys.TryGetValue(database, out var keys)
            || !keys.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out var wanted)
            || !wanted.IsWantedOf(source)
        )
        {
            return false;
        }

        wanted.IsFound = true;
        return true;
    }

    /// <summary>How many keys <see cref="Find"/> was never asked for.</summary>
    public int NotFound => _keys.Values.Sum(keys => keys.Values.Count(wanted => !wanted.IsFound));

    /// <summary>
    /// Fits the list to the sources of this run. A key that failed at one of them comes from that one alone; where its source
    /// is another one now, or was never noted, it comes from whichever has it. A key in a database that no source has is no
    /// part of the run. To be called before the reading.
    /// </summary>
    /// <param name="sources">Each source's name, as in <see cref="Find"/>, and the one database of its URI; null for all.</param>
    public void FitTo(IReadOnlyList<(string Name, int? Database)> sources)
    {
        foreach (
            var database in _keys.Keys.Where(key => sources.All(source => (source.Database ?? key) != key)).ToArray()
        )
            _keys.Remove(database);
        var names = sources.Select(source => source.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var wanted in _keys.Values.SelectMany(keys => keys.Values))
            wanted.KeepSources(names);
    }

    /// <summary>
    /// Called once all sources have been read: the keys that were not found have gone meanwhile, and count as expired.
    /// </summary>
    public void SettleMissing(Account account)
    {
        if (NotFound is not (> 0 and var missing))
            return;

        account.Take(missing);
        account.SettleKeys(Outcome.Expired, missing);
    }

    /// <summary>Reads the list. It is wholly in memory: an errors file has at most <c>--max-errors</c> lines.</summary>
    /// <param name="path">The file.</param>
    /// <param name="log">Is told of a last line that was cut off: which key it was to name nobody knows.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RefusedException">The file cannot be read, or a line is not a dead letter.</exception>
    public static async Task<RetryList> ReadAsync(string path, IMigrationLog log, CancellationToken cancellationToken)
    {
        var list = new RetryList();
        var number = 0;
        try
        {
            await foreach (var line in JsonLines.ReadAsync(path, TellOfCut, cancellationToken).ConfigureAwait(false))
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

        void TellOfCut(int cut) =>
            log.Warn(
                $"Line {cut} of {path}, the last one, is cut off: what it was to name is not tried again, and all else is."
            );
    }

    private void Add(JsonElement line)
    {
        switch (line.GetProperty("type").GetString())
        {
            case DeadLetters.FunctionType:
                _libraries.Add(KeyOf(line));
                return;
            case DeadLetters.ModuleAuxType:
                ModuleAux = true;
                return;
        }

        var database = line.GetProperty("db").GetInt32();
        if (!_keys.TryGetValue(database, out var keys))
            _keys.Add(database, keys = new Dictionary<byte[], Wanted>(ByteArrayComparer.Instance));
        var name = KeyOf(line);
        if (!keys.TryGetValue(name, out var wanted))
            keys.Add(name, wanted = new Wanted());
        wanted.AddSource(line.TryGetProperty("source", out var source) ? source.GetString() : null);
    }

    private static byte[] KeyOf(JsonElement line) =>
        BinaryText.Decode(line.GetProperty("key").GetString() ?? throw new FormatException("a key is null"));

    // Of which sources a key is wanted: of any where one line does not say, for its failure may be any one's.
    private sealed class Wanted
    {
        private readonly HashSet<string> _sources = new(StringComparer.Ordinal);
        private bool _ofAny;
        private volatile bool _isFound;

        public bool IsFound
        {
            get => _isFound;
            set => _isFound = value;
        }

        public bool IsWantedOf(string? source) => _ofAny || source is null || _sources.Contains(source);

        public void AddSource(string? source)
        {
            if (source is null)
                _ofAny = true;
            else
                _sources.Add(source);
        }

        public void KeepSources(HashSet<string> names) => _ofAny |= !_sources.IsSubsetOf(names);
    }
}
