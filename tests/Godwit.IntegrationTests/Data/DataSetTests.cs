using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Data;

public sealed class DataSetTests(Fleet fleet)
{
    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public async Task Fill_EveryVersion_HoldsEveryType(ServerVersion version)
    {
        using var source = await fleet.BorrowSourceAsync(version);
        var state = source.Lent.State;

        state.Keys.Keys.Select(name => name.Database).Distinct().ShouldBe(DataSet.Databases, ignoreOrder: true);
        string[] types = ["string", "list", "set", "zset", "hash", "stream"];
        state.Keys.Values.Select(key => key.Type).Distinct(StringComparer.Ordinal).ShouldBe(types, ignoreOrder: true);
        state.Keys.Values.Any(key => key.HasFieldExpiry).ShouldBe(state.Features.FieldExpiry);
        state.Functions.ContainsKey(FunctionLibrary.Name).ShouldBe(state.Features.Functions);
        state.Keys.Count.ShouldBe((int)TargetServer.CountKeys(source.Lent.Client));
        state.Keys.Count.ShouldBeGreaterThan(2000);
    }

    [Theory]
    [InlineData(ServerVersion.Redis60, "int embstr raw ziplist quicklist intset hashtable skiplist stream")]
    [InlineData(ServerVersion.Redis70, "int embstr raw listpack quicklist intset hashtable skiplist stream")]
    [InlineData(ServerVersion.Redis80, "int embstr raw listpack listpackex quicklist intset hashtable skiplist stream")]
    [InlineData(ServerVersion.Valkey81, "int embstr raw listpack quicklist intset hashtable skiplist stream")]
    [InlineData(ServerVersion.Valkey91, "int embstr raw listpack quicklist intset hashtable skiplist stream")]
    public async Task Fill_EveryVersion_HoldsEveryEncoding(ServerVersion version, string expected)
    {
        using var source = await fleet.BorrowSourceAsync(version);
        var client = source.Lent.Client;

        HashSet<string> encodings = new(StringComparer.Ordinal);
        foreach (var name in source.Lent.State.Keys.Keys.Where(name => name.Database == 0))
            encodings.Add(
                Bytes.Text(client.Call("OBJECT", "ENCODING", System.Text.Encoding.Latin1.GetBytes(name.Name)))
            );

        encodings.ShouldBe(expected.Split(' '), ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public async Task Fill_Twice_GivesTheSame(ServerVersion version)
    {
        using var source = await fleet.BorrowSourceAsync(version);
        using var target = await fleet.BorrowTargetAsync(version);

        DataSet.Fill(target.Lent.Client);

        ServerComparison.ShouldBeEqual(source.Lent.State, target.Lent.ReadState());
    }
}
