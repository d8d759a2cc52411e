using System.Globalization;
using System.Text.Json;
using Godwit.Cli.Demo;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.IntegrationTests.Servers;
using Godwit.Json;

namespace Godwit.IntegrationTests.Demo;

/// <summary>The RDB file that comes with the program, and the list of its keys.</summary>
public sealed class DemoFileTests
{
    private const int Birds = 60;

    // 2100-01-01: the file must stay as good as it is.
    private const long FarFuture = 4_102_444_800_000;

    /// <summary>Writes both anew. Run it alone, with <c>-explicit only</c>, and read the difference before you commit it.</summary>
    [Fact(Explicit = true)]
    public async Task WriteThemAnew()
    {
        await using var server = await RedisServer.StartAsync(ServerVersion.Redis80);
        var connection = await RedisConnection.ConnectAsync(
            new RedisEndpoint { SocketPath = server.UnixSocket },
            new ConnectionOptions(),
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
        await using (connection)
        {
            var data = new DemoData(Birds, FarFuture, new ServerFeatures(Since70: true, FieldExpiry: true));
            await CommandPipeline.SendAsync(connection, data.Commands(), TestContext.Current.CancellationToken);
        }

        var folder = SourceFolder();
        File.Copy(await server.SaveAsync(), Path.Combine(folder, "demo.rdb"), overwrite: true);
        await File.WriteAllLinesAsync(
            Path.Combine(folder, "demo-keys.ndjson"),
            List(server),
            TestContext.Current.CancellationToken
        );
    }

    [Fact]
    public async Task DemoFile_LoadedByTheServerThatWroteIt_HasTheKeysOfTheList()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("godwit-test-").FullName, "demo.rdb");
        await EmbeddedFile.CopyAsync("demo.rdb", path, TestContext.Current.CancellationToken);
        await using var server = await RedisServer.StartWithFileAsync(ServerVersion.Redis80, path);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);

        using var reader = new StreamReader(EmbeddedFile.Open("demo-keys.ndjson"));
        var listed = (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).TrimEnd('\n').Split('\n');

        List(server).ShouldBe(listed);
        listed.Length.ShouldBeGreaterThan(100);
    }

    /// <summary>What the server says of its keys: sorted, so that the same keys make the same file.</summary>
    private static string[] List(RedisServer server)
    {
        using var client = server.Connect();
        var lines = new List<string>();
        for (var database = 0; database < 16; database++)
        {
            client.Call("SELECT", database);
            foreach (var name in (object?[])client.Call("KEYS", "*")!)
            {
                var key = (byte[])name!;
                var expiry = client.Number("PEXPIRETIME", key);
                lines.Add(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{{\"db\":{database},\"key\":{JsonSerializer.Serialize(BinaryText.Encode(key))},\"type\":\"{client.Text("TYPE", key)}\",\"expiry_ms\":{(expiry < 0 ? "null" : expiry)}}}"
                    )
                );
            }
        }

        return [.. lines.Order(StringComparer.Ordinal)];
    }

    private static string SourceFolder()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Godwit.slnx")))
            directory =
                directory.Parent ?? throw new DirectoryNotFoundException("The tests run outside of the checkout.");
        return Path.Combine(directory.FullName, "src", "Godwit.Cli", "Demo");
    }
}
