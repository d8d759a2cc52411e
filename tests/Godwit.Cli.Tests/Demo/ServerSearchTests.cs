using System.Runtime.Versioning;

namespace Godwit.Cli.Demo;

[UnsupportedOSPlatform("windows")]
public sealed class ServerSearchTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("godwit-test-");
    private readonly StringWriter _progress = new();

    [Fact]
    public async Task Choose_ServersOnPath_TakesThemBeforeTheCheckout()
    {
        AddServer("bin/redis-server", "Redis server v=7.0.15 sha=0");
        AddServer("bin/valkey-server", "Valkey server v=8.1.1 sha=0");

        var choice = await ChooseAsync($"/nowhere:{PathOf("bin")}", AddCheckout("exit 1"));

        choice
            .Pair.ShouldNotBeNull()
            .Source.ShouldBe(new ServerProgram(PathOf("bin/redis-server"), "redis", new Version(7, 0, 15)));
        choice.Pair.Target.DisplayName.ShouldBe("valkey 8.1.1");
        choice.Why.ShouldBe("PATH");
        _progress.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task Choose_ServerOnPathThatDoesNotRun_GoesOnSearching()
    {
        Directory.CreateDirectory(PathOf("bin"));
        await File.WriteAllTextAsync(PathOf("bin/redis-server"), "no program", TestContext.Current.CancellationToken);

        var choice = await ChooseAsync(PathOf("bin"), checkout: null);

        choice.Pair.ShouldBeNull();
        choice.Why.ShouldContain("checkout");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task Choose_NothingAnywhere_SaysWhy(string? path)
    {
        var choice = await ChooseAsync(path, checkout: null);

        choice.Pair.ShouldBeNull();
        choice.Why.ShouldContain("PATH");
    }

    [Fact]
    public async Task Choose_CheckoutHasServers_DoesNotFetch()
    {
        AddServer("artifacts/servers/redis-8.0/run", "Redis server v=8.0.2 sha=0");
        AddServer("artifacts/servers/valkey-9.1/run", "Valkey server v=9.1.2 sha=0");
        AddServer("artifacts/servers/redis-6.0/run", "Redis server v=6.0.16 sha=0");

        var choice = await ChooseAsync("", AddCheckout("echo should not run >&2; exit 1"));

        choice.Pair.ShouldNotBeNull().Source.DisplayName.ShouldBe("redis 8.0.2");
        choice.Pair.Target.DisplayName.ShouldBe("valkey 9.1.2");
        _progress.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task Choose_CheckoutWithoutServers_FetchesAndSaysSo()
    {
        var checkout = AddCheckout(
            """
            echo "fetching $*" >&2
            mkdir -p "$(dirname "$0")/../artifacts/servers/redis-8.0"
            printf '#!/bin/sh\necho Redis server v=8.0.2 sha=0\n' >"$(dirname "$0")/../artifacts/servers/redis-8.0/run"
            chmod +x "$(dirname "$0")/../artifacts/servers/redis-8.0/run"
            exit 1
            """
        );

        var choice = await ChooseAsync("", checkout);

        choice.Pair.ShouldNotBeNull().Target.DisplayName.ShouldBe("redis 8.0.2");
        _progress.ToString().ShouldContain("20 s");
        _progress.ToString().ShouldContain("fetching redis-8.0 valkey-9.1");
    }

    [Fact]
    public async Task Choose_FetchingFails_GivesTheScriptsLastWords()
    {
        var choice = await ChooseAsync("", AddCheckout("echo first >&2; echo there is no apt-get here >&2; exit 2"));

        choice.Pair.ShouldBeNull();
        choice.Why.ShouldContain("there is no apt-get here");
    }

    public void Dispose()
    {
        _directory.Delete(recursive: true);
        _progress.Dispose();
    }

    private Task<ServerChoice> ChooseAsync(string? path, Checkout? checkout) =>
        new ServerSearch(path, checkout, _progress).ChooseAsync(TestContext.Current.CancellationToken);

    private Checkout AddCheckout(string script)
    {
        AddScript("eng/servers", script);
        File.WriteAllText(PathOf("Godwit.slnx"), "");
        return Checkout.Above(PathOf("eng")).ShouldNotBeNull();
    }

    private void AddServer(string path, string version) => AddScript(path, $"echo '{version}'");

    private void AddScript(string path, string script)
    {
        var file = PathOf(path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string PathOf(string name) => Path.Combine(_directory.FullName, name);
}
