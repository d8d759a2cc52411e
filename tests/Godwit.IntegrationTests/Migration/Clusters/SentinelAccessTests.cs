using System.Globalization;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Sentinels;
using Godwit.IntegrationTests.Servers.Tls;

namespace Godwit.IntegrationTests.Migration.Clusters;

/// <summary>Sentinels and servers of both ends that speak TLS alone, each end with an authority and passwords of its own.</summary>
public sealed class SentinelAccessTests
{
    [Theory]
    [InlineData(ServerVersion.Redis70, "sync")]
    [InlineData(ServerVersion.Valkey91, "scan")]
    public async Task Migrate_TlsAndPasswordsOfSentinelsAndServers_ArrivesEqual(ServerVersion version, string read)
    {
        using var ofSource = new TestCertificates();
        using var ofTarget = new TestCertificates();
        await using var source = await StartAsync(version, ofSource, "source");
        await using var target = await StartAsync(version, ofTarget, "target");
        using var client = source.Primary.Connect();
        DataSet.Fill(client);
        client.Call("WAIT", 2, 60_000);
        using var godwit = new GodwitProcess();
        foreach (var side in (string[])["source", "target"])
        {
            godwit.Environment[$"GODWIT_{side.ToUpperInvariant()}_PASSWORD"] = $"{side}'s server";
            godwit.Environment[$"GODWIT_{side.ToUpperInvariant()}_SENTINEL_PASSWORD"] = $"{side}'s sentinel";
        }

        string[] arguments =
        [
            "migrate",
            UriOf(source),
            UriOf(target),
            "--read",
            read,
            "--json",
            "--source-tls-ca",
            ofSource.AuthorityFile,
            "--target-tls-ca",
            ofTarget.AuthorityFile,
        ];
        var result = await godwit.RunAsync(arguments);

        result.ShouldHaveEnded(0);
        result.Everything.ShouldNotContain("'s sentinel");
        using var there = target.Primary.Connect();
        ServerComparison.ShouldBeEqual(
            ServerStateReader.Read(client),
            ServerStateReader.Read(there),
            new() { IgnoreEntriesRead = true }
        );

        // The servers' password is none of the Sentinels'.
        godwit.Environment["GODWIT_SOURCE_SENTINEL_PASSWORD"] = "source's server";
        (await godwit.RunAsync(arguments)).ExitCode.ShouldBeOneOf(3, 4);
    }

    private static Task<SentinelSet> StartAsync(ServerVersion version, TestCertificates certificates, string side) =>
        SentinelSet.StartAsync(
            version,
            new()
            {
                Tls = certificates,
                Password = $"{side}'s server",
                SentinelPassword = $"{side}'s sentinel",
            }
        );

    private static string UriOf(SentinelSet set)
    {
        var hosts = set.Sentinels.Select(sentinel =>
            string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{sentinel.Port}")
        );
        return $"rediss+sentinel://{string.Join(',', hosts)}/{set.ServiceName}";
    }
}
