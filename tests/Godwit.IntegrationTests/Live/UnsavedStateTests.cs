using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live;

/// <summary>The disk may be full where a job keeps its state: of what counts for the data, nothing is there.</summary>
public sealed class UnsavedStateTests
{
    [Fact]
    public async Task Follow_StateCannotBeWrittenForAWhile_GoesOn()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var writer = source.Connect();
        using var reader = target.Connect();
        await using var program = new FollowingProgram(source.Uri, target.Uri);
        program.Start();
        await program.FollowAsync(reader);
        await program.CaughtUpAsync();
        var state = Path.Combine(program.State, "job.json");
        var inTheWay = Path.Combine(program.State, "job.json.new");
        await Wait.UntilAsync(() => !File.Exists(inTheWay) && TryCreate(inTheWay), "nothing is being written");

        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        writer.Call("SET", "key", "1");
        await Wait.UntilAsync(
            () => reader.Number("EXISTS", "key") == 1,
            "changes arrive all the same",
            () => program.Log
        );
        Directory.Delete(inTheWay);
        var before = await File.ReadAllTextAsync(state, TestContext.Current.CancellationToken);
        await Wait.UntilAsync(() => File.ReadAllText(state) != before, "its state is written again", () => program.Log);
        await program.CatchUpAsync();

        program.Runs.ShouldBe(2, program.Log);
        program.Log.ShouldContain("The job's state cannot be written");
        program.ShouldHaveLeftNothing(reader);
    }

    private static bool TryCreate(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
