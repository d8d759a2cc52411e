using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Verification;

/// <summary>
/// Keys of every type in every encoding, migrated from one version to another: what the target cannot hold is different, and
/// nothing else.
/// </summary>
public sealed class MigratedDataTests(Fleet fleet)
{
    [Theory]
    [InlineData(ServerVersion.Redis60, ServerVersion.Valkey91)]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis80)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Valkey91)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Redis80)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis60)]
    public async Task Verify_AfterAMigration_FindsTheAcceptedLossesAlone(ServerVersion from, ServerVersion to)
    {
        using var source = await fleet.BorrowSourceAsync(from);
        using var target = await fleet.BorrowTargetAsync(to);
        using var godwit = new GodwitProcess();
        var loss = ExpectedLoss.Between(source.Lent.State, target.Lent.Features);
        var migrated = await godwit.RunAsync(
            "migrate",
            source.Lent.Uri,
            target.Lent.Uri,
            "--allow-loss",
            "field-ttl,functions",
            "--json"
        );
        migrated.ShouldHaveEnded(0);

        var result = await godwit.RunAsync(
            "verify",
            source.Lent.Uri,
            target.Lent.Uri,
            "--rounds",
            "1",
            "--report",
            "report.ndjson",
            "--json"
        );

        result.ShouldHaveEnded(loss.IsNone ? 0 : 1);
        var lines = ReportLine.Read(godwit.PathOf("report.ndjson"));
        var keys = lines.Where(line => line.Database >= 0).ToList();
        keys.ShouldAllBe(line => line.Kind == "ttl", result.Everything);
        var named = keys.Select(line => new KeyName(line.Database, line.Key)).ToHashSet();
        named.SetEquals(loss.Keys).ShouldBeTrue(result.Everything);
        keys.Count.ShouldBe(loss.Keys.Count);
        lines.Count(line => line.Database < 0).ShouldBe(loss.Functions.Count);
        result.Json.GetProperty("keys").GetProperty("compared").GetInt64().ShouldBe(source.Lent.State.Keys.Count);
    }
}
