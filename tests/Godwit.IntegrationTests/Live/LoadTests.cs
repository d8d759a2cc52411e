using System.Globalization;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Live.Load;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live;

/// <summary>All that clients write while the snapshot is taken and behind it arrives, in order, and once.</summary>
/// <remarks>More seeds: <c>GODWIT_LOAD_SEEDS=20 ./test LoadTests</c>.</remarks>
[TakesLong]
public sealed class LoadTests
{
    private const string Variable = "GODWIT_LOAD_SEEDS";
    private const int CommandsBefore = 3_000;
    private const int CommandsWhileCopying = 4_000;
    private const int CommandsBehind = 20_000;
    private const int PlainKeys = 20_000;

    private static readonly (ServerVersion Source, ServerVersion Target)[] Versions =
    [
        (ServerVersion.Redis70, ServerVersion.Redis70),
        (ServerVersion.Redis70, ServerVersion.Redis80),
        (ServerVersion.Redis80, ServerVersion.Redis70),
        (ServerVersion.Valkey91, ServerVersion.Valkey91),
        (ServerVersion.Redis80, ServerVersion.Valkey91),
    ];

    public static TheoryData<ServerVersion, ServerVersion, int> Pairs
    {
        get
        {
            var seeds = int.Parse(Environment.GetEnvironmentVariable(Variable) ?? "1", CultureInfo.InvariantCulture);
            var rows = new TheoryData<ServerVersion, ServerVersion, int>();
            for (var seed = 1; seed <= seeds; seed++)
            {
                foreach (var (source, target) in Versions)
                    rows.Add(source, target, seed);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Follow_LoadOfEveryCommand_EndsEqual(
        ServerVersion sourceVersion,
        ServerVersion targetVersion,
        int seed
    )
    {
        await using var source = await RedisServer.StartAsync(sourceVersion);
        await using var target = await RedisServer.StartAsync(targetVersion);
        using var writer = source.Connect();
        using var reader = target.Connect();
        var features = ServerFeatures.Ask(reader);
        Fill(writer, features);
        await using var load = LoadGenerator.Start(
            LoadNode.Of(source),
            new()
            {
                Seed = seed,
                CommandsPerSecond = 5_000 + (5_000 * (seed % 4)),
                FieldExpiry = features.FieldExpiry,
                SwapsDatabases = seed % 2 == 0,
            }
        );
        await load.SendMoreAsync(CommandsBefore);
        await using var program = new FollowingProgram(source.Uri, target.Uri);

        program.Start();
        await program.WriteAsync(reader);
        await load.SendMoreAsync(CommandsWhileCopying);
        await program.FollowAsync(reader);
        await load.SendMoreAsync(CommandsBehind);
        await load.StopAsync();
        var result = await program.CatchUpAsync();
        await Task.Delay(LoadSettings.LongestShortLife, TestContext.Current.CancellationToken);

        // One that was stopped right where databases change places has to begin anew, and says so.
        program.Runs.ShouldBeLessThanOrEqualTo(load.Settings.SwapsDatabases ? 4 : 2, program.Log);
        result.Keys.Failed.ShouldBe(0);
        var differences = ServerComparison.Compare(
            ServerStateReader.Read(writer),
            ServerStateReader.Read(reader),
            LiveComparison.Options(features)
        );
        LiveComparison.ShouldBeNone(differences, $"seed {seed}\n{program.Log}");
        program.ShouldHaveLeftNothing(reader);
    }

    // Enough keys that the snapshot takes its time, and that the load finds some which were there before.
    private static void Fill(RespClient client, ServerFeatures target)
    {
        client.Call("DEBUG", "POPULATE", PlainKeys, "plain", 64);
        if (target.FieldExpiry || !ServerFeatures.Ask(client).FieldExpiry)
            DataSet.Fill(client);
        else
            DataSet.FillSmall(client);
    }
}
