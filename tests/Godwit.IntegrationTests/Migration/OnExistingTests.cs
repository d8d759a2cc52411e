using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>What happens to keys that the target has already.</summary>
public sealed class OnExistingTests(Fleet fleet) : IAsyncLifetime
{
    private readonly GodwitProcess _godwit = new();
    private RedisServer _server = null!;
    private RespClient _source = null!;
    private Loan<TargetServer> _loan = null!;

    private TargetServer Target => _loan.Lent;

    private string[] Ends => [TargetServer.UriOf(_server), Target.Uri];

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync(ServerVersion.Redis70);
        _source = _server.Connect();
        DataSet.FillSmall(_source);
        _loan = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
    }

    public async ValueTask DisposeAsync()
    {
        _loan.Dispose();
        _source.Dispose();
        await _server.DisposeAsync();
        _godwit.Dispose();
    }

    [Theory]
    [InlineData("restore")]
    [InlineData("commands")]
    public async Task Skip_KeyIsThere_StaysAsItIs(string write)
    {
        var total = TargetServer.CountKeys(_source);
        Target.Client.Call("SET", "string", "mine");
        Target.Client.Call("SET", "stream", "mine, and of another type");
        Target.Client.Call("SET", "only mine", "untouched");

        var result = await _godwit.RunAsync(["migrate", .. Ends, "--on-existing", "skip", "--write", write, "--json"]);

        result.ShouldHaveEnded(0);
        result.Keys.ShouldBe(new(Read: total, Written: total - 2, Skipped: 2, Filtered: 0, Expired: 0, Failed: 0));
        var differences = ServerComparison.Compare(ServerStateReader.Read(_source), Target.ReadState());
        differences.Count.ShouldBe(3, string.Join('\n', differences));
        Target.Client.Text("GET", "string").ShouldBe("mine");
        Target.Client.Text("GET", "stream").ShouldBe("mine, and of another type");
        Target.Client.Text("GET", "only mine").ShouldBe("untouched");
    }

    [Theory]
    [InlineData("restore")]
    [InlineData("commands")]
    public async Task Replace_KeyIsThere_BecomesTheSourcesAndOthersStay(string write)
    {
        var total = TargetServer.CountKeys(_source);
        Target.Client.Call("SET", "string", "mine", "PX", 1_000_000);
        Target.Client.Call("RPUSH", "list", "mine", "of", "four", "elements");
        Target.Client.Call("SET", "stream", "mine, and of another type");
        Target.Client.Call("HSET", "hash", "mine", "stays not");
        Target.Client.Call("SET", "only mine", "untouched");

        var result = await _godwit.RunAsync([
            "migrate",
            .. Ends,
            "--on-existing",
            "replace",
            "--write",
            write,
            "--json",
        ]);

        result.ShouldHaveEnded(0);
        result.Keys.ShouldBe(new(Read: total, Written: total, Skipped: 0, Filtered: 0, Expired: 0, Failed: 0));
        var differences = ServerComparison.Compare(ServerStateReader.Read(_source), Target.ReadState());
        differences.ShouldHaveSingleItem().ShouldBe("db 0 key \"only mine\": only at the target");
    }

    [Fact]
    public async Task FlushTarget_WithYes_EmptiesItFirst()
    {
        Target.Client.Call("SET", "only mine", "goes");
        Target.Client.Call("SELECT", 5);
        Target.Client.Call("SET", "only mine", "goes");
        Target.Client.Call("SELECT", 0);

        var result = await _godwit.RunAsync(["migrate", .. Ends, "--flush-target", "--yes", "--json"]);

        result.ShouldHaveEnded(0);
        ServerComparison.ShouldBeEqual(ServerStateReader.Read(_source), Target.ReadState());
    }

    [Fact]
    public async Task FlushTarget_WithoutYes_IsAnErrorAndTouchesNothing()
    {
        Target.Client.Call("SET", "only mine", "stays");

        var result = await _godwit.RunAsync(["migrate", .. Ends, "--flush-target", "--json"]);

        result.ShouldHaveEnded(2);
        result.Error.ShouldContain("--yes");
        Target.CountKeys().ShouldBe(1);
    }

    [Fact]
    public async Task FlushTarget_SourceIsRefused_FlushesNothing()
    {
        Target.Client.Call("SET", "only mine", "stays");
        var closed = $"redis://127.0.0.1:{RedisServer.FreePort()}";

        var result = await _godwit.RunAsync("migrate", closed, Target.Uri, "--flush-target", "--yes", "--json");

        result.ShouldHaveEnded(3);
        Target.CountKeys().ShouldBe(1);
    }

    [Fact]
    public async Task FlushTarget_FileIsBroken_FlushesNothing()
    {
        Target.Client.Call("SET", "only mine", "stays");
        var path = _godwit.PathOf("letter.rdb");
        await File.WriteAllTextAsync(path, "Dear Redis,\n", TestContext.Current.CancellationToken);

        var result = await _godwit.RunAsync("migrate", path, Target.Uri, "--flush-target", "--yes", "--json");

        result.ShouldHaveEnded(3);
        Target.CountKeys().ShouldBe(1);
    }

    [Fact]
    public async Task Fail_OtherKeysOfTheSameDatabaseAlone_MayBeginButTouchesThemNot()
    {
        Target.Client.Call("SET", "only mine", "untouched");

        var result = await _godwit.RunAsync(["migrate", .. Ends, "--on-existing", "fail", "--json"]);

        // Whether a key could clash need not be looked up one by one: to refuse is right, to overwrite never.
        result.ExitCode.ShouldBeOneOf(0, 3);
        Target.Client.Text("GET", "only mine").ShouldBe("untouched");
    }
}
