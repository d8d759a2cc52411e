using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Live.Load;
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
}
