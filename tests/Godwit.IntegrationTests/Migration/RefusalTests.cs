using System.Net;
using System.Net.Sockets;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>What the program must refuse before its first write, in words that say what to do.</summary>
public sealed class RefusalTests(Fleet fleet)
{
    private const string Secret = "a-secret-of-7-terns";

    [Fact]
    public async Task Migrate_WrongSourcePassword_IsRefused()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70, "--requirepass", "another");
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);

        await ShouldRefuseAsync([$"redis://:{Secret}@127.0.0.1:{source.Port}", target.Lent.Uri], "password");

        target.Lent.CountKeys().ShouldBe(0);
    }

    [Fact]
    public async Task Migrate_WrongTargetPassword_IsRefused()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Valkey91, "--requirepass", "another");

        await ShouldRefuseAsync([source.Lent.Uri, $"redis://:{Secret}@127.0.0.1:{target.Port}"], "password");

        CountKeys(target, "another").ShouldBe(0);
    }

    [Fact]
    public async Task Migrate_NoPasswordWhereOneIsWanted_IsRefused()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70, "--requirepass", Secret);

        await ShouldRefuseAsync([source.Lent.Uri, TargetServer.UriOf(target)], "password");

        CountKeys(target, Secret).ShouldBe(0);
    }

    [Fact]
    public async Task Migrate_ClosedSourcePort_IsRefused()
    {
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);

        await ShouldRefuseAsync([$"redis://127.0.0.1:{RedisServer.FreePort()}", target.Lent.Uri], "connect");
    }

    [Fact]
    public async Task Migrate_ClosedTargetPort_IsRefused()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);

        await ShouldRefuseAsync([source.Lent.Uri, $"redis://127.0.0.1:{RedisServer.FreePort()}"], "connect");
    }

    [Fact]
    public async Task Migrate_SourceSpeaksAnotherProtocol_IsRefused()
    {
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var ended = new CancellationTokenSource();
        var answering = AnswerLikeAWebServerAsync(listener, ended.Token);

        await ShouldRefuseAsync([$"redis://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}", target.Lent.Uri]);

        await ended.CancelAsync();
        await answering;
    }

    [Fact]
    public async Task Migrate_TargetIsNotEmpty_IsRefused()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        target.Lent.Client.Call("SET", "string:empty", "mine");

        await ShouldRefuseAsync([source.Lent.Uri, target.Lent.Uri], "--on-existing");

        target.Lent.CountKeys().ShouldBe(1);
        target.Lent.Client.Text("GET", "string:empty").ShouldBe("mine");
    }

    [Fact]
    public async Task Migrate_TargetIsNotEmptyInAnotherDatabase_IsRefused()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        target.Lent.Client.Call("SELECT", 9);
        target.Lent.Client.Call("SET", "same name", "mine");
        target.Lent.Client.Call("SELECT", 0);

        await ShouldRefuseAsync([source.Lent.Uri, target.Lent.Uri], "--on-existing");

        target.Lent.CountKeys().ShouldBe(1);
    }

    [Fact]
    public async Task Migrate_TargetIsAReadOnlyReplica_IsRefused()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        await using var primary = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = target.Connect();
        await Replication.FollowAsync(client, primary.Port);

        await ShouldRefuseAsync([source.Lent.Uri, TargetServer.UriOf(target)], "replica");

        TargetServer.CountKeys(client).ShouldBe(0);
    }

    [Theory]
    [InlineData(ServerVersion.Redis60)]
    [InlineData(ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Migrate_TargetIsFull_IsRefused(ServerVersion version)
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis60);
        string[] limit = ["--maxmemory", "100kb", "--maxmemory-policy", "noeviction"];
        await using var target = await TargetServer.StartAsync(version, limit);

        await ShouldRefuseAsync([source.Lent.Uri, target.Uri], "maxmemory");

        target.CountKeys().ShouldBe(0);
    }

    [Fact]
    public async Task Migrate_SourceUserMayNeitherPsyncNorDump_IsRefused()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = source.Connect();
        DataSet.FillSmall(client);
        client.Call("ACL", "SETUSER", "limited", "on", ">" + Secret, "~*", "&*", "+@all", "-psync", "-sync", "-dump");
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);

        await ShouldRefuseAsync([$"redis://limited:{Secret}@127.0.0.1:{source.Port}", target.Lent.Uri], "DUMP");

        target.Lent.CountKeys().ShouldBe(0);
    }

    [Fact]
    public async Task Migrate_SyncWithoutTheRightToPsync_IsRefused()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Valkey81);
        using var client = source.Connect();
        client.Call("ACL", "SETUSER", "limited", "on", ">" + Secret, "~*", "&*", "+@all", "-psync", "-sync");
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Valkey81);
        var uri = $"redis://limited:{Secret}@127.0.0.1:{source.Port}";

        await ShouldRefuseAsync([uri, target.Lent.Uri, "--read", "sync"], "PSYNC", "scan");
    }

    [Fact]
    public async Task Migrate_TargetUserMayNotWrite_IsRefused()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        target.Lent.Client.Call("ACL", "SETUSER", "reader", "on", ">" + Secret, "~*", "&*", "+@all", "-@write");
        var uri = target.Lent.Uri.Replace("//", $"//reader:{Secret}@", StringComparison.Ordinal);

        await ShouldRefuseAsync([source.Lent.Uri, uri]);

        target.Lent.CountKeys().ShouldBe(0);
    }

    [Fact]
    public async Task Migrate_TargetIsStillLoading_IsRefused()
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        // A millisecond a key, and a look at the clients after every kilobyte: it loads for minutes, and says so.
        string[] slow = ["--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"];
        await using var target = await TargetServer.StartAsync(ServerVersion.Redis70, slow);
        target.Client.Call("DEBUG", "POPULATE", 300_000);
        using var reloading = new TcpClient();
        await reloading.ConnectAsync(IPAddress.Loopback, target.Port, TestContext.Current.CancellationToken);
        await reloading.GetStream().WriteAsync("DEBUG RELOAD\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await Wait.UntilAsync(() => target.Client.Try("GET", "key") is RespError, "the server is loading");

        await ShouldRefuseAsync([source.Lent.Uri, target.Uri], "loading");
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task Migrate_OntoItself_IsRefusedAndFlushesNothing(string host)
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis80);
        using var client = server.Connect();
        DataSet.FillSmall(client);
        var before = ServerStateReader.Read(client);
        var target = $"redis://{host}:{server.Port}";

        await ShouldRefuseAsync([TargetServer.UriOf(server), target, "--flush-target", "--yes"], "same");

        ServerComparison.ShouldBeEqual(before, ServerStateReader.Read(client));
    }

    [Fact]
    public async Task Migrate_FileIsNotThere_IsRefused()
    {
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);

        await ShouldRefuseAsync(["nowhere.rdb", target.Lent.Uri], "nowhere.rdb");
    }

    [Fact]
    public async Task Migrate_FileIsNoRdbFile_IsRefused()
    {
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "letter.rdb");
        await File.WriteAllTextAsync(path, "Dear Redis,\n", TestContext.Current.CancellationToken);

        await ShouldRefuseAsync([path, target.Lent.Uri], "letter.rdb");
    }

    private static async Task ShouldRefuseAsync(string[] arguments, params string[] words)
    {
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(["migrate", .. arguments, "--json"]);

        result.ShouldHaveEnded(3);
        result.Status.ShouldBe("failed", result.Everything);
        var error = result.Json.GetProperty("error");
        error.GetProperty("message").GetString().ShouldNotBeNullOrWhiteSpace(result.Everything);
        error.GetProperty("what_to_do").GetString().ShouldNotBeNullOrWhiteSpace(result.Everything);
        result.Keys.Written.ShouldBe(0);
        foreach (var word in words)
            result.Error.ShouldContain(word, Case.Insensitive, result.Everything);
        result.Everything.ShouldNotContain(Secret);
        result.Error.ShouldNotContain("   at ", Case.Sensitive, "a stack trace without --verbose");
    }

    private static long CountKeys(RedisServer server, string password)
    {
        using var client = server.Connect();
        client.Call("AUTH", password);
        return TargetServer.CountKeys(client);
    }

    private static async Task AnswerLikeAWebServerAsync(TcpListener listener, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                using var connection = await listener.AcceptTcpClientAsync(cancellationToken);
                await connection
                    .GetStream()
                    .WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The test is over.
        }
    }
}
