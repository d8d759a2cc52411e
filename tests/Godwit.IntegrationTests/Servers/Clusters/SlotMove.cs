namespace Godwit.IntegrationTests.Servers.Clusters;

/// <summary>
/// A slot on its way from one primary to another, key by key, as <c>redis-cli --cluster reshard</c> moves it. Until the end
/// both serve it: the old owner has some of its keys and answers ASK for the others. What expires will do so a little
/// later than before: MIGRATE sends the time that is left.
/// </summary>
internal sealed class SlotMove
{
    private const int KeysPerMigrate = 100;
    private const int MigrateMilliseconds = 60_000;

    private readonly TestCluster _cluster;

    private SlotMove(TestCluster cluster, int slot, ClusterNode from, ClusterNode to)
    {
        _cluster = cluster;
        Slot = slot;
        From = from;
        To = to;
    }

    public int Slot { get; }

    public ClusterNode From { get; }

    public ClusterNode To { get; }

    /// <summary>How many of the slot's keys are still at the old owner, in all databases.</summary>
    public int KeysLeft
    {
        get
        {
            var left = 0;
            ForEachDatabase(_ => left += (int)From.Client.Number("CLUSTER", "COUNTKEYSINSLOT", Slot));
            return left;
        }
    }

    public static SlotMove Begin(TestCluster cluster, int slot, ClusterNode from, ClusterNode to)
    {
        to.Client.Call("CLUSTER", "SETSLOT", slot, "IMPORTING", from.Id);
        from.Client.Call("CLUSTER", "SETSLOT", slot, "MIGRATING", to.Id);
        return new(cluster, slot, from, to);
    }

    /// <summary>Moves so many keys, or as many as there are.</summary>
    public void MigrateKeys(int count = int.MaxValue)
    {
        ForEachDatabase(database =>
        {
            while (count > 0)
            {
                var names = KeysAtOldOwner(Math.Min(count, KeysPerMigrate));
                if (names.Length == 0)
                    return;
                Migrate(database, names);
                count -= names.Length;
            }
        });
    }

    /// <summary>Moves the keys that are left and tells every primary who has the slot now. Others may not know it yet.</summary>
    public void Finish() => Finish(_cluster.Primaries);

    /// <summary><see cref="Finish()"/>, and waits until all nodes know it.</summary>
    public Task FinishAsync()
    {
        Finish();
        return _cluster.SettleAsync();
    }

    /// <inheritdoc cref="Finish()"/>
    internal void Finish(IReadOnlyList<ClusterNode> primaries)
    {
        MigrateKeys();
        // The new owner first: should the old one give the slot up before, nobody would have it for a moment.
        foreach (var primary in primaries.OrderBy(primary => primary == To ? 0 : 1))
            primary.Client.Call("CLUSTER", "SETSLOT", Slot, "NODE", To.Id);
    }

    private object[] KeysAtOldOwner(int count) =>
        [.. ((object?[])From.Client.Call("CLUSTER", "GETKEYSINSLOT", Slot, count)!).Select(name => name!)];

    private void Migrate(int database, object[] names) =>
        From.Client.Call([
            .. (object[])["MIGRATE", "127.0.0.1", To.Port, "", database, MigrateMilliseconds],
            .. _cluster.MigrateLogIn,
            "KEYS",
            .. names,
        ]);

    private void ForEachDatabase(Action<int> action)
    {
        for (var database = 0; database < _cluster.Databases; database++)
        {
            if (_cluster.Databases > 1)
                From.Client.Call("SELECT", database);
            action(database);
        }

        if (_cluster.Databases > 1)
            From.Client.Call("SELECT", 0);
    }
}
