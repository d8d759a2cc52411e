using System.Diagnostics;
using System.Text;
using Godwit.Cli;
using Godwit.Cli.Demo;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Verification;

namespace Godwit.IntegrationTests.Demo;

/// <summary><c>godwit demo</c>, whole.</summary>
public sealed class DemoTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task Demo_AsProcess_EndsEqualAndLeavesNothing()
    {
        RequireServers();
        using var temporary = new TemporaryFolder();

        var (exitCode, output, error) = await RunAsync(temporary.Path, _ => Task.CompletedTask);

        exitCode.ShouldBe(0, output + error);
        error.ShouldBeEmpty();
        output.ShouldContain("Equal:");
        output.ShouldContain(" + 0 failed");
        output.ShouldContain("restore", Case.Insensitive);
        output.Split('\n').ShouldAllBe(line => line.Length <= 80);
        Directory.EnumerateFileSystemEntries(temporary.Path, "godwit-demo-*").ShouldBeEmpty();
        Servers(temporary.Path).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task Demo_StoppedBySignal_CleansUp(string signal, int expected)
    {
        RequireServers();
        using var temporary = new TemporaryFolder();

        var (exitCode, output, error) = await RunAsync(
            temporary.Path,
            async process =>
            {
                await UntilAsync(() => Servers(temporary.Path).Count > 0);
                using var kill = Process.Start("kill", ["-s", signal, $"{process.Id}"]);
                await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
            }
        );

        exitCode.ShouldBe(expected, output + error);
        error.ShouldContain("Stopped.");
        Directory.EnumerateFileSystemEntries(temporary.Path, "godwit-demo-*").ShouldBeEmpty();
        Servers(temporary.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task Demo_Killed_ServersAndTheirFilesGoToo()
    {
        RequireServers();
        using var temporary = new TemporaryFolder();

        await RunAsync(
            temporary.Path,
            async process =>
            {
                await UntilAsync(() => Servers(temporary.Path).Count > 0);
                process.Kill();
            }
        );

        await UntilAsync(() =>
            Servers(temporary.Path).Count == 0
            && !Directory.EnumerateFileSystemEntries(temporary.Path, "godwit-demo-*").Any()
        );
    }

    [Fact]
    public async Task Demo_TargetChangedBehindItsBack_SaysSoAndEndsWith1()
    {
        RequireServers();
        var output = new StringBuilder();
        var surroundings = new Surroundings
        {
            Output = new StringWriter(output),
            Error = new StringWriter(output),
            Environment = name => name == "PATH" ? "" : Environment.GetEnvironmentVariable(name),
        };

        var exitCode = await new GodwitApp(
            surroundings,
            (options, log) => new SpoilingRun(new MigrationJob(options, log, TimeProvider.System), options),
            _ => throw new InvalidOperationException("A demo makes no plan."),
            (options, log) => new VerificationJob(options, log, TimeProvider.System)
        ).RunAsync(["demo"]);

        exitCode.ShouldBe(1, output.ToString());
        output.ToString().ShouldContain("Different: 1 of ");
        output.ToString().ShouldContain("key \"bird:7\" of database 0 has another value at the target");
        output.ToString().ShouldNotContain("Equal:");
    }

    private static void RequireServers() =>
        Assert.SkipUnless(
            Checkout.Above(AppContext.BaseDirectory) is { HasWanted: true },
            $"{string.Join(" and ", Checkout.Wanted)} are not here. Fetch them with: eng/servers"
        );

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string temporary,
        Func<Process, Task> meanwhile
    )
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "godwit.dll"), "demo"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = temporary;
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await meanwhile(process);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Processes that know the temporary directory from their command lines.</summary>
    private static List<string> Servers(string temporary) =>
        [
            .. Directory
                .EnumerateDirectories("/proc")
                .Select(directory => Path.Combine(directory, "cmdline"))
                .Select(ReadOrEmpty)
                .Where(text =>
                    text.Contains(temporary, StringComparison.Ordinal)
                    && text.Contains("socket", StringComparison.Ordinal)
                ),
        ];

    private static string ReadOrEmpty(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file) : "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The process has ended meanwhile.
            return "";
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        while (!condition())
            await Task.Delay(5, patience.Token);
    }

    /// <summary>The real job, and then somebody who changes one value at the target.</summary>
    private sealed class SpoilingRun(IMigrationRun run, MigrationOptions options) : IMigrationRun
    {
        public MigrationProgress Progress => run.Progress;

        public async Task<MigrationReport> RunAsync(CancellationToken stop)
        {
            var report = await run.RunAsync(stop);
            await using var connection = await RedisConnection.ConnectAsync(
                (RedisEndpoint)options.Target,
                new ConnectionOptions(),
                TimeProvider.System,
                stop
            );
            await connection.ExecuteAsync(stop, "HSET", "bird:7", "grams", "0");
            return report;
        }
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("godwit-test-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
