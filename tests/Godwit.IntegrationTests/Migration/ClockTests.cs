using Godwit.Batches;
using Godwit.IntegrationTests.Servers;
using Godwit.Migration;

namespace Godwit.IntegrationTests.Migration;

/// <summary>Keys expire by their server's clock, whatever time it is where the program runs.</summary>
public sealed class ClockTests
{
    private const long Life = 1_800_000;

    [Theory]
    [InlineData(ServerVersion.Redis60, 1, true, false)]
    [InlineData(ServerVersion.Redis60, -1, true, true)]
    [InlineData(ServerVersion.Redis80, 1, true, false)]
    [InlineData(ServerVersion.Redis80, 1, false, false)]
    [InlineData(ServerVersion.Redis80, 1, false, true)]
    [InlineData(ServerVersion.Redis80, -1, true, false)]
    public async Task Migrate_ThisMachinesClockIsWrong_NoKeyExpiresOfIt(
        ServerVersion version,
        int hours,
        bool restores,
        bool inPieces
    )
    {
        await using var source = await RedisServer.StartAsync(version);
        await using var target = await RedisServer.StartAsync(version);
        using var writer = source.Connect();
        using var reader = target.Connect();
        writer.Call("SET", "string", "value", "PX", Life);
        writer.Call("RPUSH", "list", 1, 2, 3);
        writer.Call("PEXPIRE", "list", Life);
        using var migration = new PiecewiseMigration
        {
            TimeProvider = new WrongClock(TimeSpan.FromHours(hours)),
            Limit = inPieces ? 1 : LargeValueLimits.Default,
            Change = options => options with { Write = restores ? WriteMode.Restore : WriteMode.Commands },
        };

        var report = await migration.RunAsync(source.Uri, target.Uri);

        report.Keys.Written.ShouldBe(2);
        foreach (var key in (string[])["string", "list"])
            reader.Number("PTTL", key).ShouldBeInRange(Life - 120_000, Life);
    }

    private sealed class WrongClock(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }
}
