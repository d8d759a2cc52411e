using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Live.Following;
using Godwit.IntegrationTests.Live.Load;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live;

/// <summary>Databases that get other numbers while their changes are followed.</summary>
public sealed class MappedDatabasesTests
{
    [Fact]
    public async Task Follow_DatabasesAreMapped_EachArrivesInItsOwn()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis80);
        using var writer = source.Connect();
        using var reader = target.Connect();
        await using var load = LoadGenerator.Start(
            LoadNode.Of(source),
            new()
            {
                Seed = 4,
                Databases = [0, 1, 2],
                FlushedDatabases = [1],
            }
        );
        await load.SendMoreAsync(3_000);
        await using var program = new FollowingProgram(source.Uri, target.Uri, "--map-db", "0:5", "--map-db", "1:6");

        program.Start();
        await program.FollowAsync(reader);
        await load.SendMoreAsync(10_000);
        await load.StopAsync();
        await program.CatchUpAsync();
        await Task.Delay(LoadSettings.LongestShortLife, TestContext.Current.CancellationToken);

        var state = ServerStateReader.Read(writer);
        var mapped = state with
        {
            Keys = state.Keys.ToDictionary(
                key => key.Key with { Database = key.Key.Database is 0 or 1 ? key.Key.Database + 5 : key.Key.Database },
                key => key.Value
            ),
        };
        var differences = ServerComparison.Compare(
            mapped,
            ServerStateReader.Read(reader),
            LiveComparison.Options(ServerFeatures.Ask(reader))
        );
        LiveComparison.ShouldBeNone(differences, program.Log);
    }

    /// <summary>Of one database alone: what comes to it from another one counts, and what leaves it for another does not.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("/5")]
    public async Task Follow_KeysGoToAnotherDatabaseThanTheOneThatIsMeant_OnlyThatOneIsWritten(string chosen)
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var writer = source.Connect();
        using var reader = target.Connect();
        writer.Call("SET", "leaves", "1");
        writer.Call("SET", "is copied", "1");
        writer.Call("SELECT", 1);
        foreach (var key in (string[])["comes", "is copied here", "stays"])
            writer.Call("SET", key, "1");
        await using var program = new FollowingProgram($"{source.Uri}/0", $"{target.Uri}{chosen}");
        program.Start();
        reader.Call("SELECT", chosen.Length == 0 ? 0 : 5);
        await program.FollowAsync(reader);

        writer.Number("MOVE", "comes", 0).ShouldBe(1);
        writer.Number("COPY", "is copied here", "copy", "DB", 0).ShouldBe(1);
        writer.Call("SELECT", 0);
        writer.Number("MOVE", "leaves", 1).ShouldBe(1);
        writer.Number("COPY", "is copied", "copy", "DB", 1).ShouldBe(1);

        // Not only when a resumed run looks for what is missing.
        await Wait.UntilAsync(
            () => Keys() == "comes, copy, is copied",
            "the changes arrive",
            () => $"{Keys()}\n{program.Log}"
        );
        await program.CatchUpAsync();
        Keys().ShouldBe("comes, copy, is copied", program.Log);
        ServerStateReader.Read(reader).Keys.Count.ShouldBe(3, "no other database holds anything");

        string Keys() =>
            string.Join(
                ", ",
                ((object?[])reader.Call("KEYS", "[^g]*")!).Select(Bytes.Text).Order(StringComparer.Ordinal)
            );
    }

    /// <summary>It stops before the swap, and cannot be resumed; what it says to do then leads to an equal target.</summary>
    [Theory]
    [InlineData(0, 1, 5, 6)]
    [InlineData(3, 4, 3, 4)]
    public async Task Follow_DatabasesAreSwappedWhereSomeAreMapped_Stops(int first, int second, int there, int thereToo)
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var writer = source.Connect();
        using var reader = target.Connect();
        int[] databases = [0, 1, 3, 4];
        foreach (var database in databases)
        {
            writer.Call("SELECT", database);
            writer.Call("SET", "key", $"of {database}");
        }

        await using var run = new FollowedRun(source.Uri, target, "--map-db", "0:5", "--map-db", "1:6");
        await run.StartAsync(databases.Length);
        writer.Call("SELECT", first);
        await run.WriteUntilFollowedAsync(writer, database: there);
        writer.Call("APPEND", "key", ", before the swap");
        writer.Call("SWAPDB", first, second);
        writer.Call("APPEND", "key", ", behind it");

        foreach (var exitCode in (int[])[4, 3])
        {
            var result = exitCode == 4 ? await run.EndAsync() : await run.RunAsync("--resume");
            result.ShouldHaveEnded(exitCode);
            result.Error.ShouldContain("The source ran SWAPDB");
            result.Error.ShouldContain("Do there what it did, forget the job (godwit status --forget), and copy anew");
            result.Error.ShouldNotContain("To go on");
            reader.Call("SELECT", there);
            reader.Text("GET", "key").ShouldBe($"of {first}, before the swap", result.Everything);
            reader.Call("SELECT", thereToo);
            reader.Text("GET", "key").ShouldBe($"of {second}", result.Everything);
        }

        reader.Call("SWAPDB", there, thereToo);
        (await run.CallAsync("status", "--forget", "--state", "state", "--yes")).ShouldHaveEnded(0);
        var last = await run.RunAsync("--until", "caught-up", "--on-existing", "replace");
        last.ShouldHaveEnded(0);
        FollowedRun.ShouldBeEqual(
            writer,
            reader,
            last.Everything,
            database => database is 0 or 1 ? database + 5 : database
        );
    }
}
