using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>How the program is given the source.</summary>
public enum Way
{
    Sync,
    Scan,
    File,
}

/// <summary>
/// Migrates the whole data set from one version to another and holds the outcome against every promise: nothing lost
/// silently, every key accounted for, every element equal, the source as it was.
/// </summary>
internal sealed class PairMigration(Fleet fleet, ServerVersion sourceVersion, ServerVersion targetVersion)
{
    public async Task ShouldArriveEqualAsync(Way way, string write = "auto")
    {
        using var source = await fleet.BorrowSourceAsync(sourceVersion);
        using var target = await fleet.BorrowTargetAsync(targetVersion);
        using var godwit = new GodwitProcess();
        var loss = ExpectedLoss.Between(source.Lent.State, target.Lent.Features);
        string[] arguments =
        [
            "migrate",
            .. SourceArguments(way, source.Lent),
            target.Lent.Uri,
            "--write",
            write,
            "--json",
        ];

        if (!loss.IsNone)
        {
            var refused = await godwit.RunAsync(arguments);
            ShouldHaveNamedTheLoss(refused, source.Lent, target.Lent, loss, godwit);
            target.Lent.Empty();
            arguments = [.. arguments, "--allow-loss", "field-ttl,functions"];
        }

        var result = await godwit.RunAsync(arguments);
        // Before 7.0 a small sorted set keeps the sign of a zero, which no later ZADD does.
        var signOfZero = write is "commands" && sourceVersion is ServerVersion.Redis60;
        ShouldHaveCompleted(
            result,
            source.Lent,
            target.Lent,
            loss,
            loss.Accepted with
            {
                IgnoreSignOfZero = signOfZero,
            }
        );
        ShouldNameTheWay(result, way, write);
        if (sourceVersion == targetVersion)
            Digest.Of(target.Lent.Client).ShouldBe(source.Lent.Digest);
        Digest.Of(source.Lent.Client).ShouldBe(source.Lent.Digest, "the source has changed");
    }

    private static string[] SourceArguments(Way way, SourceServer source) =>
        way switch
        {
            Way.Sync => ["--read", "sync", source.Uri],
            Way.Scan => ["--read", "scan", source.Uri],
            _ => [source.RdbFile],
        };

    private static void ShouldHaveNamedTheLoss(
        GodwitResult result,
        SourceServer source,
        TargetServer target,
        ExpectedLoss loss,
        GodwitProcess godwit
    )
    {
        result.ShouldHaveEnded(1);
        result.Status.ShouldBe("partial", result.Everything);
        var failed = loss.Keys.Count + loss.Functions.Count;
        var total = source.State.Keys.Count + loss.Functions.Count;
        result.Keys.ShouldAddUp();
        result.Keys.ShouldBe(
            new(Read: total, Written: total - failed, Skipped: 0, Filtered: 0, Expired: 0, Failed: failed)
        );

        var named = FailedKey.Read(Path.Combine(godwit.Directory, result.Json.GetProperty("errors_file").GetString()!));
        named.ShouldAllBe(key => key.Reason.Length > 0);
        named.Where(key => !key.IsFunction).ShouldAllBe(key => key.Type == "hash" && key.Size > 0);
        named.Where(key => !key.IsFunction).Select(key => key.KeyName).ShouldBe(loss.Keys, ignoreOrder: true);
        named.Where(key => key.IsFunction).Select(key => key.Name).ShouldBe(loss.Functions, ignoreOrder: true);
        ServerComparison.ShouldBeEqual(source.State, target.ReadState(), loss.Refused);
    }

    private static void ShouldHaveCompleted(
        GodwitResult result,
        SourceServer source,
        TargetServer target,
        ExpectedLoss loss,
        ComparisonOptions options
    )
    {
        result.ShouldHaveEnded(0);
        result.Status.ShouldBe("completed", result.Everything);
        var total = source.State.Keys.Count;
        result.Keys.ShouldAddUp();
        result.Keys.ShouldBe(new(Read: total, Written: total, Skipped: 0, Filtered: 0, Expired: 0, Failed: 0));
        target.CountKeys().ShouldBe(total);
        if (!loss.IsNone)
            result.Lost.ShouldBe(loss.Counts, ignoreOrder: true);
        ServerComparison.ShouldBeEqual(source.State, target.ReadState(), options);
    }

    private void ShouldNameTheWay(GodwitResult result, Way way, string write)
    {
        var (read, sourceServer) = way switch
        {
            Way.Sync => ("sync", ServerName(sourceVersion)),
            Way.Scan => ("scan", ServerName(sourceVersion)),
            // A file names its format: only that of Valkey 9 is not Redis's own.
            _ => ("rdb", sourceVersion is ServerVersion.Valkey91 ? "valkey rdb 80" : "rdb "),
        };
        result.ReadWay.ShouldBe(read);
        var source = result.Json.GetProperty("sources").EnumerateArray().ShouldHaveSingleItem();
        source.GetProperty("server").GetString()!.ShouldStartWith(sourceServer);

        var target = result.Json.GetProperty("target");
        target.GetProperty("server").GetString()!.ShouldStartWith(ServerName(targetVersion));
        string[] ways = write is "auto" ? ["restore", "restore+commands"] : [write];
        target.GetProperty("write").GetString().ShouldBeOneOf(ways);
    }

    private static string ServerName(ServerVersion version) => InstalledServers.NameOf(version).Replace('-', ' ');
}
