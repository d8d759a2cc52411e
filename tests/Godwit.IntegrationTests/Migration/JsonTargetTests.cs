using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>The documents of <c>json:PATH</c>, turned back, hold all that the server has.</summary>
public sealed class JsonTargetTests(Fleet fleet)
{
    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public Task Migrate_FileToJson_IsReversible(ServerVersion version) => ShouldBeReversibleAsync(version, Way.File);

    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public Task Migrate_SyncToJson_IsReversible(ServerVersion version) => ShouldBeReversibleAsync(version, Way.Sync);

    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public Task Migrate_ScanToJson_IsReversible(ServerVersion version) => ShouldBeReversibleAsync(version, Way.Scan);

    [Fact]
    public async Task Migrate_JsonFileIsThere_IsNotOverwritten()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();
        await File.WriteAllTextAsync(godwit.PathOf("mine.json"), "mine\n", TestContext.Current.CancellationToken);

        var result = await godwit.RunAsync("migrate", source.Lent.RdbFile, "json:mine.json", "--json");

        result.ShouldHaveEnded(3);
        (await File.ReadAllTextAsync(godwit.PathOf("mine.json"), TestContext.Current.CancellationToken)).ShouldBe(
            "mine\n"
        );
    }

    private async Task ShouldBeReversibleAsync(ServerVersion version, Way way)
    {
        using var source = await fleet.BorrowSourceAsync(version);
        using var godwit = new GodwitProcess();
        string[] from = way switch
        {
            Way.Sync => ["--read", "sync", source.Lent.Uri],
            Way.Scan => ["--read", "scan", source.Lent.Uri],
            _ => [source.Lent.RdbFile],
        };

        var result = await godwit.RunAsync(["migrate", .. from, "json:all.json", "--json"]);

        result.ShouldHaveEnded(0);
        result.Keys.ShouldAddUp();
        result.Keys.Written.ShouldBe(source.Lent.State.Keys.Count);
        result.Json.GetProperty("target").GetProperty("write").GetString().ShouldBe("json");
        ServerComparison.ShouldBeEqual(source.Lent.State, JsonDocuments.Read(godwit.PathOf("all.json")));
    }
}
