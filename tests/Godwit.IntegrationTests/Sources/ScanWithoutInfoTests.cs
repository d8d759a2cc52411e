using Godwit.Endpoints;
using Godwit.IntegrationTests.Servers;
using Godwit.Migration;

namespace Godwit.IntegrationTests.Sources;

/// <summary>A server that may not be asked INFO does not say in which databases it has keys.</summary>
public sealed class ScanWithoutInfoTests
{
    [Theory]
    [InlineData(ServerVersion.Redis60)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Run_AllDatabases_IsRefusedInsteadOfCopyingNothing(ServerVersion version)
    {
        var report = await RunAsync(version, database: null);

        report.Status.ShouldBe(MigrationStatus.Failed);
        report.Failure.ShouldNotBeNull().BeforeFirstWrite.ShouldBeTrue();
        report.Failure.Message.ShouldContain("INFO");
    }

    [Theory]
    [InlineData(ServerVersion.Redis60)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Run_OneDatabase_CopiesIt(ServerVersion version)
    {
        var report = await RunAsync(version, database: 3);

        report.Status.ShouldBe(MigrationStatus.Completed);
        report.Keys.Written.ShouldBe(1);
    }

    private static async Task<MigrationReport> RunAsync(ServerVersion version, int? database)
    {
        await using var server = await RedisServer.StartAsync(version);
        using var client = server.Connect();
        client.Call("SELECT", 3);
        client.Call("SET", "key", "value");
        client.Call("ACL", "SETUSER", "limited", "on", ">secret", "~*", "+@all", "-info", "-psync", "-sync");
        var options = new MigrationOptions
        {
            Sources =
            [
                new RedisEndpoint
                {
                    SocketPath = server.UnixSocket,
                    User = "limited",
                    Password = "secret",
                    Database = database,
                },
            ],
            Target = new JsonEndpoint(Path.Combine(server.Directory, "keys.ndjson")),
            ErrorsFile = Path.Combine(server.Directory, "errors.ndjson"),
        };
        return await new MigrationJob(options, new Silence(), TimeProvider.System).RunAsync(
            TestContext.Current.CancellationToken
        );
    }

    private sealed class Silence : IMigrationLog
    {
        public void Info(string message) { }

        public void Warn(string message) { }
    }
}
