using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live;

/// <summary>A source that comes back with another history counts from the beginning: that is not being caught up with.</summary>
public sealed class LostHistoryTests
{
    // So long that the next try to join is seconds away when the source is there again.
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(7);

    [Fact]
    public async Task Stop_SourceIsBackAndNotJoinedYet_ItHasNotCaughtUp()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var reader = target.Connect();
        using (var writer = source.Connect())
        {
            for (var i = 0; i < 10_000; i++)
                writer.Call("SET", $"key:{i}", "value");
        }

        await using var program = new FollowingProgram(source.Uri, target.Uri);
        program.Start();
        await program.FollowAsync(reader);
        await program.CaughtUpAsync();

        await source.KillAsync();
        await Task.Delay(Away, TestContext.Current.CancellationToken);
        await source.StartAgainAsync();
        using (var writer = source.Connect())
            writer.Call("SET", "new", "value");
        await program.StopAsync();

        var knows = program.Log.Contains("\"caught_up\":true", StringComparison.Ordinal);
        knows.ShouldBe(reader.Number("EXISTS", "new") == 1, program.Log);
        await program.CatchUpAsync();
        reader.Text("GET", "new").ShouldBe("value");
        reader.Number("DBSIZE").ShouldBe(1);
    }
}
