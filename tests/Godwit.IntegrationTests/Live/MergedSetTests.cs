using System.Globalization;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live;

/// <summary>SETs that follow one another go as one command: at the target all is as if each had gone by itself.</summary>
public sealed class MergedSetTests
{
    private const int Keys = 400;
    private const int Databases = 3;
    private const int Rounds = 60;
    private const int RoundCommands = 500;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Follow_SetsInARow_EndsEqual(bool targetTakesMset)
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Valkey91);
        using var writer = source.Connect();
        using var reader = target.Connect();
        await using var program = new FollowingProgram(source.Uri, target.Uri);
        program.Start();
        await program.FollowAsync(reader);

        // Later than the check before the first write, which would refuse.
        if (!targetTakesMset)
            reader.Call("ACL", "SETUSER", "default", "-mset");
        reader.Call("CONFIG", "RESETSTAT");

        var random = new Random(9);
        for (var round = 0; round < Rounds; round++)
            writer.Pipeline(Commands(random));
        await program.CaughtUpAsync();
        var statistics = reader.Text("INFO", "commandstats");
        reader.Call("ACL", "SETUSER", "default", "+mset");
        await program.CatchUpAsync();

        var differences = ServerComparison.Compare(
            ServerStateReader.Read(writer),
            ServerStateReader.Read(reader),
            LiveComparison.Options(ServerFeatures.Ask(reader))
        );
        LiveComparison.ShouldBeNone(differences, program.Log);
        Statistic(statistics, "calls").ShouldBe(targetTakesMset, statistics);
        Statistic(statistics, "rejected_calls").ShouldBe(!targetTakesMset, statistics);
    }

    // Mostly SETs, of few keys; between them what a SET that came too early or too late would show in.
    private static List<object[]> Commands(Random random)
    {
        var commands = new List<object[]>(RoundCommands);
        while (commands.Count < RoundCommands)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"key:{random.Next(Keys)}");
            var value = new byte[random.Next(60)];
            random.NextBytes(value);
            commands.Add(
                random.Next(60) switch
                {
                    0 => ["SELECT", random.Next(Databases)],
                    1 => ["APPEND", key, "more"],
                    2 => ["SET", key, value, "EX", 1000 + random.Next(1000)],
                    3 => ["DEL", key],
                    4 => ["COPY", key, key + ":copy", "REPLACE"],
                    5 => ["SETRANGE", key, 3, "abc"],
                    6 => ["EXPIRE", key, 5000],
                    7 => ["SET", key, value, "KEEPTTL"],
                    < 20 => ["set", key, value],
                    _ => ["SET", key, value],
                }
            );
        }

        return commands;
    }

    private static bool Statistic(string statistics, string name)
    {
        var line = statistics
            .Split("\r\n")
            .FirstOrDefault(line => line.StartsWith("cmdstat_mset:", StringComparison.Ordinal));
        return line is not null
            && !line.Split(':', ',').Contains($"{name}=0", StringComparer.Ordinal)
            && line.Contains($"{name}=", StringComparison.Ordinal);
    }
}
