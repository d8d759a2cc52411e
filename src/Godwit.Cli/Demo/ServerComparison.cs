using Godwit.Connections;

namespace Godwit.Cli.Demo;

/// <summary>
/// Compares two servers key by key and part by part, both ways, by what their own commands answer. It shares nothing with the
/// migration but the connection.
/// </summary>
internal sealed class ServerComparison(RedisConnection source, RedisConnection target, ServerFeatures features)
{
    private const int KeysAtOnce = 200;

    // Where a server tells only the time that is left, the way of the question is in it.
    private const long InexactTolerance = 1000;

    private readonly KeyReader _source = new(source, features);
    private readonly KeyReader _target = new(target, features);
    private readonly Dictionary<string, TypeTally> _types = new(StringComparer.Ordinal);
    private readonly List<KeyDifference> _differences = [];

    /// <summary>Compares everything.</summary>
    public async Task<ComparisonResult> CompareAsync(CancellationToken cancellationToken)
    {
        foreach (var database in await DatabasesAsync(cancellationToken).ConfigureAwait(false))
            await CompareAsync(database, cancellationToken).ConfigureAwait(false);
        var libraries = await CompareLibrariesAsync(cancellationToken).ConfigureAwait(false);
        return new ComparisonResult([.. _types.Values.OrderByDescending(type => type.Keys)], libraries, _differences);
    }

    private async Task<IEnumerable<int>> DatabasesAsync(CancellationToken cancellationToken)
    {
        var atSource = await ServerInfo.AskAsync(source, cancellationToken).ConfigureAwait(false);
        var atTarget = await ServerInfo.AskAsync(target, cancellationToken).ConfigureAwait(false);
        return atSource.Keyspaces.Concat(atTarget.Keyspaces).Select(keyspace => keyspace.Database).Distinct().Order();
    }

    private async Task CompareAsync(int database, CancellationToken cancellationToken)
    {
        var keys = await _source.ListAsync(database, cancellationToken).ConfigureAwait(false);
        var atTarget = await _target.ListAsync(database, cancellationToken).ConfigureAwait(false);
        var known = keys.Select(key => KeyImage.Text(key)).ToHashSet(StringComparer.Ordinal);
        foreach (var key in atTarget.Where(key => !known.Contains(KeyImage.Text(key))))
            _differences.Add(new KeyDifference(database, key, "is only at the target"));

        foreach (var chunk in keys.Chunk(KeysAtOnce))
        {
            var images = await Task.WhenAll(
                    _source.ReadAsync(chunk, cancellationToken),
                    _target.ReadAsync(chunk, cancellationToken)
                )
                .ConfigureAwait(false);
            for (var i = 0; i < chunk.Length; i++)
                Compare(database, chunk[i], images[0][i], images[1][i]);
        }
    }

    private void Compare(int database, byte[] key, KeyImage atSource, KeyImage atTarget)
    {
        var difference =
            atTarget.Type == "none"
                ? "is missing at the target"
                : atSource.DifferenceTo(atTarget, features.Since70 ? 0 : InexactTolerance);
        if (difference is not null)
            _differences.Add(new KeyDifference(database, key, difference));
        var tally = _types.GetValueOrDefault(atSource.Type, new TypeTally(atSource.Type, 0, 0, 0));
        _types[atSource.Type] = tally with
        {
            Keys = tally.Keys + 1,
            Parts = tally.Parts + atSource.Parts.Count,
            Different = tally.Different + (difference is null ? 0 : 1),
        };
    }

    private async Task<long> CompareLibrariesAsync(CancellationToken cancellationToken)
    {
        var atSource = await _source.ReadLibrariesAsync(cancellationToken).ConfigureAwait(false);
        var atTarget = await _target.ReadLibrariesAsync(cancellationToken).ConfigureAwait(false);
        foreach (var name in atSource.Keys.Union(atTarget.Keys, StringComparer.Ordinal))
        {
            if (atSource.GetValueOrDefault(name) != atTarget.GetValueOrDefault(name))
                _differences.Add(KeyDifference.OfLibrary(name));
        }

        return atSource.Count;
    }
}
