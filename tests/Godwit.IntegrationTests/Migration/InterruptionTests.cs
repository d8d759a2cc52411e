using System.Diagnostics;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>Stopped, killed, cut off: the run says what it did, and another one makes the target equal.</summary>
[TakesLong]
public sealed class InterruptionTests(Fleet fleet) : IAsyncLifetime
{
    // More than can be written between the first key's arrival and the signal.
    private const int Keys = 250_000;

    private RedisServer _source = null!;
    private RespClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _source = await RedisServer.StartAsync(ServerVersion.Redis70);
        _client = _source.Connect();
        _client.Call("DEBUG", "POPULATE", Keys, "key", 64);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _source.DisposeAsync();
    }

    [Theory]
    [InlineData("INT", 130, "sync")]
    [InlineData("INT", 130, "scan")]
    [InlineData("TERM", 143, "sync")]
    [InlineData("TERM", 143, "scan")]
    public async Task Migrate_Signal_StopsInOrderAndAnotherRunCompletes(string signal, int exitCode, string read)
    {
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();
        string[] arguments = ["migrate", TargetServer.UriOf(_source), target.Lent.Uri, "--read", read, "--json"];

        var result = await godwit.RunAsync(
            async process =>
            {
                await WaitForFirstKeyAsync(target.Lent, process);
                await GodwitProcess.SignalAsync(process, signal);
            },
            arguments
        );

        result.ShouldHaveEnded(exitCode);
        result.Status.ShouldBe("interrupted");
        result.Keys.ShouldAddUp();
        result.Keys.Failed.ShouldBe(0);
        // What is counted as written is there, and nothing is there that is not counted.
        target.Lent.CountKeys().ShouldBe(result.Keys.Written);
        await ShouldCompleteAsync(godwit, arguments, target.Lent);
    }

    [Theory]
    [InlineData("restore")]
    [InlineData("commands")]
    public async Task Migrate_Killed_AnotherRunCompletes(string write)
    {
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();
        string[] arguments = ["migrate", TargetServer.UriOf(_source), target.Lent.Uri, "--write", write, "--json"];

        await godwit.RunAsync(
            async process =>
            {
                await WaitForFirstKeyAsync(target.Lent, process);
                process.Kill();
            },
            arguments
        );

        target.Lent.CountKeys().ShouldBeLessThan(Keys);
        await ShouldCompleteAsync(godwit, arguments, target.Lent);
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("scan")]
    public async Task Migrate_SourceDies_BreaksOffAndCountsTruly(string read)
    {
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            async process =>
            {
                await WaitForFirstKeyAsync(target.Lent, process);
                await _source.KillAsync();
            },
            "migrate",
            TargetServer.UriOf(_source),
            target.Lent.Uri,
            "--read",
            read,
            "--json"
        );

        result.ShouldHaveEnded(4);
        result.Status.ShouldBe("failed");
        result.Keys.ShouldAddUp();
        target.Lent.CountKeys().ShouldBe(result.Keys.Written);
        result.Json.GetProperty("resume_command").GetString().ShouldNotBeNullOrWhiteSpace();
    }

    [Fact]
    public async Task Migrate_TargetDies_BreaksOff()
    {
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var client = target.Connect();
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync(
            async process =>
            {
                await Wait.UntilAsync(
                    () => client.Number("DBSIZE") > 0 || process.HasExited,
                    "the first key has arrived"
                );
                await target.KillAsync();
            },
            "migrate",
            TargetServer.UriOf(_source),
            TargetServer.UriOf(target),
            "--json"
        );

        result.ShouldHaveEnded(4);
        result.Status.ShouldBe("failed");
        result.Keys.ShouldAddUp();
        result.Keys.Written.ShouldBeLessThan(Keys);
    }

    private static Task WaitForFirstKeyAsync(TargetServer target, Process process) =>
        Wait.UntilAsync(() => target.CountKeys() > 0 || process.HasExited, "the first key has arrived");

    private async Task ShouldCompleteAsync(GodwitProcess godwit, string[] arguments, TargetServer target)
    {
        var result = await godwit.RunAsync([.. arguments, "--on-existing", "replace"]);

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(Keys);
        Digest.Of(target.Client).ShouldBe(Digest.Of(_client));
    }
}
