using System.Text;

namespace Godwit.Verification.Keyspaces.Shards;

/// <summary>
/// The function libraries of a <see cref="ShardedView"/>. Each primary has its own, and all should have the same: of a target what they do
/// not have alike is a difference, of a source its user is told.
/// </summary>
internal sealed class ShardFunctions(ShardAccess access, ShardedViewSettings settings)
{
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>The code of each library by its name: what the first primary has that has it.</summary>
    public async Task<IReadOnlyDictionary<string, byte[]>> ReadAsync(CancellationToken cancellationToken)
    {
        var primaries = await access
            .AskEveryPrimaryAsync(
                async view => new Held(view.Uri, await view.FunctionsAsync(cancellationToken).ConfigureAwait(false)),
                cancellationToken
            )
            .ConfigureAwait(false);
        var all = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (name, code) in primaries.SelectMany(primary => primary.Libraries))
            all.TryAdd(name, code);
        foreach (var (name, code) in all.ToArray())
        {
            var missing = primaries.Where(primary => !primary.Libraries.ContainsKey(name)).ToArray();
            var other = primaries
                .Where(primary => primary.Libraries.TryGetValue(name, out var its) && !its.SequenceEqual(code))
                .ToArray();
            if (missing.Length == 0 && other.Length == 0)
                continue;

            // Like none that a source could have.
            if (settings.IsTarget)
                all[name] = [.. code, 0];
            else if (_told.Add(name))
                settings.Log.Warn(Warning(name, primaries, missing, other));
        }

        return all;
    }

    private string Warning(string name, IReadOnlyList<Held> primaries, Held[] missing, Held[] other)
    {
        var text = new StringBuilder(
            $"The primaries of {access.Topology.Named} do not have the function library {name} alike: "
        );
        if (missing.Length > 0)
            text.Append($"it is missing at {Names(missing)}");
        if (other.Length > 0)
            text.Append($"{(missing.Length > 0 ? ", and " : "")}it is another one at {Names(other)}");
        var first = primaries.First(primary => primary.Libraries.ContainsKey(name));
        return text.Append($". What {first.Primary} has is compared. Load it at every primary (FUNCTION LOAD REPLACE).")
            .ToString();
    }

    private static string Names(Held[] primaries) => string.Join(", ", primaries.Select(primary => primary.Primary));

    private sealed record Held(string Primary, IReadOnlyDictionary<string, byte[]> Libraries);
}
