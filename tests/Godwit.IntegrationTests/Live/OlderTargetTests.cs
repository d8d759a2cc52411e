using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live;

/// <summary>
/// A target that takes less than its source: commands that it does not know fail within transactions, and databases that it lacks are
/// nobody else's.
/// </summary>
[TakesLong]
public sealed class OlderTargetTests
{
    private const int Kills = 4;
    private const int KeysAtOnce = 3_000;
    private const int Keys = 300_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task Follow_ProgramIsKilledWhileChangesAreMended_NoneIsLost() =>
        FollowAsync(
            async (program, reader) =>
            {
                for (var kill = 0; kill < Kills; kill++)
                {
                    await program.EnsureRunsAsync();
                    await program.AdvanceAsync(reader);
                    await Task.Delay(50 * kill, Cancellation);
                    await program.KillAsync();
                }
            }
        );

    [Fact]
    public Task Follow_TargetIsFullWhileChangesAreMended_ItIsWaitedFor() =>
        FollowAsync(
            async (program, reader) =>
            {
                for (var time = 0; time < 3; time++)
                {
                    reader.Call("CONFIG", "SET", "maxmemory", "1");
                    await Task.Delay(TimeSpan.FromSeconds(1), Cancellation);
                    reader.Call("CONFIG", "SET", "maxmemory", "0");
                    await program.AdvanceAsync(reader);
                }

                await program.StopAsync();
                program.Runs.ShouldBe(1, program.Log);
            }
        );

    [Fact]
    public async Task Follow_DatabaseThatTheTargetLacks_EndsTheJobAndTouchesNoOther()
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70, "--databases", "32");
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var writer = source.Connect();
        using var reader = target.Connect();
        writer.Call("SET", "key", "of database 0");
        await using var program = new FollowingProgram(source.Uri, target.Uri);
        program.Start();
        await program.FollowAsync(reader);
        writer.Call("SET", "last", "before");
        await Wait.UntilAsync(() => reader.Number("EXISTS", "last") == 1, "changes are passed on", () => program.Log);

        writer.Call("SELECT", 20);
        writer.Call("SET", "key", "of database 20");
        writer.Call("FLUSHDB");
        var result = await program.EndAsync();

        result.ShouldHaveEnded(4);
        result.Error.ShouldContain("--map-db");
        reader.Text("GET", "key").ShouldBe("of database 0");
        reader.Text("GET", "last").ShouldBe("before");
    }

    // SET … PXAT, which is what the source makes of SET … EX, is none of 6.0's commands. Each key is changed once: what is lost stays so.
    private static async Task FollowAsync(Func<FollowingProgram, RespClient, Task> disturbAsync)
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70, "--repl-backlog-size", "64mb");
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis60);
        using var reader = target.Connect();
        using (var writer = source.Connect())
            writer.Call("DEBUG", "POPULATE", Keys);
        await using var program = new FollowingProgram(source.Uri, target.Uri);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        program.Start();
        await program.FollowAsync(reader);
        var writing = WriteAsync(source, enough.Token);

        await disturbAsync(program, reader);

        await enough.CancelAsync();
        var changed = await writing;
        await program.CatchUpAsync();
        Unchanged(reader, changed).ShouldBeEmpty(program.Log);
        program.ShouldHaveLeftNothing(reader);
    }

    private static async Task<int> WriteAsync(RedisServer source, CancellationToken enough)
    {
        using var writer = source.Connect();
        var changed = 0;
        for (; changed < Keys && !enough.IsCancellationRequested; changed += KeysAtOnce)
        {
            // All at once: what fails of them takes a while to mend.
            for (var i = 0; i < KeysAtOnce; i++)
                writer.Send("SET", $"key:{changed + i}", "new", "EX", 100_000);
            for (var i = 0; i < KeysAtOnce; i++)
                writer.Read();
            await Task.Delay(200, CancellationToken.None);
        }

        return changed;
    }

    private static List<int> Unchanged(RespClient target, int changed)
    {
        var values = target.Pipeline(Enumerable.Range(0, changed).Select(i => (object[])["GET", $"key:{i}"]));
        return
        [
            .. Enumerable.Range(0, changed).Where(i => values[i] is not byte[] value || Bytes.Text(value) != "new"),
        ];
    }
}
