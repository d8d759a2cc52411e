using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live;

/// <summary>
/// Looks at hashes of a server the whole time: wherever a hash has its field <see cref="Plain"/>, those that are watched must be
/// there too. It ends with this object.
/// </summary>
internal sealed class FieldWatch : IAsyncDisposable
{
    /// <summary>A field that every hash has from its beginning, and that does not expire.</summary>
    public const string Plain = "plain";

    private readonly CancellationTokenSource _end = new();
    private readonly Task _watching;
    private readonly Dictionary<string, string> _absent = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _seen = new(StringComparer.Ordinal);

    /// <summary>Begins.</summary>
    /// <param name="server">Which server.</param>
    /// <param name="hashes">For each hash the fields that may never be absent.</param>
    public FieldWatch(RedisServer server, Dictionary<string, string[]> hashes)
    {
        _watching = Task.Factory.StartNew(
            () => Watch(server, hashes),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
        foreach (var hash in hashes.Keys)
            _seen[hash] = 0;
    }

    /// <summary>Ends it, and fails if a field was absent, or a hash never seen.</summary>
    public async Task ShouldHaveSeenAllAsync(string log)
    {
        await _end.CancelAsync();
        await _watching;
        _absent.Values.ShouldBeEmpty(log);
        _seen.Where(hash => hash.Value == 0).Select(hash => hash.Key).ShouldBeEmpty(log);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private void Watch(RedisServer server, Dictionary<string, string[]> hashes)
    {
        using var reader = server.Connect();
        while (!_end.IsCancellationRequested)
        {
            foreach (var (hash, fields) in hashes)
            {
                var values = (object?[])reader.Call(["HMGET", hash, Plain, .. fields])!;
                if (values[0] is null)
                    continue;

                _seen[hash]++;
                for (var i = 0; i < fields.Length; i++)
                {
                    if (values[i + 1] is null)
                        _absent.TryAdd($"{hash} {fields[i]}", $"{fields[i]} of {hash} at look {_seen[hash]}");
                }
            }
        }
    }
}
