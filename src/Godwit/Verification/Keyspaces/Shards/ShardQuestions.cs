using Godwit.Protocol;

namespace Godwit.Verification.Keyspaces.Shards;

/// <summary>Asks for groups of keys. Those that cannot be had in this way are read alone.</summary>
internal sealed class ShardQuestions(ShardAccess access, LoneKeys lone)
{
    private readonly Queue<Asked> _asked = new();

    /// <summary>Asks for keys, each at the server that has its slot. Questions about another group may follow before the answers are read.</summary>
    public async ValueTask AskAsync(int database, byte[][] keys, bool asStrings, CancellationToken cancellationToken)
    {
        var parts = new List<(ServerView, KeyPart)>();
        foreach (var part in KeyDivision.Of(access.Map, keys).Where(part => part.Node is not null))
        {
            var view = await access
                .TryAskAsync(
                    part.Node!,
                    async view =>
                    {
                        var names = part.Of(keys);
                        if (asStrings)
                            await view.AskStringsAsync(database, names, cancellationToken).ConfigureAwait(false);
                        else
                            await view.AskAsync(database, names, cancellationToken).ConfigureAwait(false);
                        return view;
                    },
                    cancellationToken
                )
                .ConfigureAwait(false);
            if (view is not null)
                parts.Add((view, part));
        }

        _asked.Enqueue(new Asked(database, keys, asStrings, parts));
    }

    /// <summary>Reads the answers to what was asked first.</summary>
    public async ValueTask ReadAsync(KeyReadings readings, CancellationToken cancellationToken)
    {
        var asked = _asked.Dequeue();
        var places = new (KeyReadings Group, int Index)?[asked.Keys.Length];
        foreach (var (view, part) in asked.Parts)
        {
            var group = new KeyReadings();
            if (!await TryReadAsync(view, group, cancellationToken).ConfigureAwait(false))
                continue;
            for (var i = 0; i < part.Indices.Count; i++)
                places[part.Indices[i]] = (group, i);
        }

        readings.Clear();
        for (var i = 0; i < asked.Keys.Length; i++)
        {
            if (places[i] is var (group, index) && group[index].Presence != KeyPresence.Elsewhere)
                readings.Add(group, index);
            else if (asked.AsStrings)
                readings.Add(KeyPresence.Unread);
            else
                await lone.ReadAsync(asked.Database, asked.Keys[i], readings, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> TryReadAsync(
        ServerView view,
        KeyReadings readings,
        CancellationToken cancellationToken
    )
    {
        if (access.IsLost(view))
            return false;

        try
        {
            await view.ReadAsync(readings, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (GodwitException exception) when (ShardAccess.IsPassing(exception))
        {
            await access.LoseAsync(view).ConfigureAwait(false);
            await access.RenewAsync(cancellationToken).ConfigureAwait(false);
            return false;
        }
    }

    private sealed record Asked(
        int Database,
        byte[][] Keys,
        bool AsStrings,
        IReadOnlyList<(ServerView View, KeyPart Part)> Parts
    );
}
