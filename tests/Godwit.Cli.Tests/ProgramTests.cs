using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Godwit.Cli.Demo;

namespace Godwit.Cli;

/// <summary>The program as a process of its own.</summary>
public sealed class ProgramTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Version_OfProcess_IsOneLine()
    {
        using var process = Start("--version");
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        output.ShouldBe("godwit 0.1.0\n");
        process.ExitCode.ShouldBe(ExitCode.Done);
    }

    [Fact]
    public async Task Help_WithoutReader_IsNoCrash()
    {
        using var process = Start("migrate", "--help");
        process.StandardOutput.Close();
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        error.ShouldNotContain("Unhandled");
    }

    [Fact]
    public async Task JsonToStandardOutput_WithoutReader_IsNoSuccess()
    {
        var file = Path.Combine(Path.GetTempPath(), $"godwit-{Guid.NewGuid():N}.rdb");
        await EmbeddedFile.CopyAsync("demo.rdb", file, TestContext.Current.CancellationToken);
        try
        {
            using var process = Start("migrate", file, "json:-");
            process.StandardOutput.Close();
            var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            error.ShouldContain("json:- cannot be written any further");
            process.ExitCode.ShouldBe(ExitCode.BrokeOff);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Hangup_OfProcess_EndsItInOrder()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Sends a signal with kill.");
        // Takes the connection, and says nothing.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        using var process = Start("migrate", $"redis://127.0.0.1:{port}/1", $"redis://127.0.0.1:{port}/2");
        (await silent.AcceptTcpClientAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull();
        using (var kill = Process.Start("kill", ["-HUP", $"{process.Id}"]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        error.ShouldContain("SIGHUP: stopping in order");
        process.ExitCode.ShouldBe(ExitCode.HungUp);
    }

    [Fact]
    public async Task PasswordInUri_LeavesTheListOfProcesses()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux lets a process overwrite its arguments.");
        var pipe = Path.Combine(Path.GetTempPath(), $"godwit-{Guid.NewGuid():N}");
        using (var mkfifo = Process.Start("mkfifo", pipe))
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);

        // Nobody writes the password that it waits for.
        using var process = Start("migrate", "redis://me:hunter2@a", "redis://b", "--target-password-file", pipe);
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            string title;
            do
            {
                await Task.Delay(20, patience.Token);
                process.HasExited.ShouldBeFalse();
                title = await File.ReadAllTextAsync($"/proc/{process.Id}/cmdline", patience.Token);
            } while (!title.Contains("***", StringComparison.Ordinal));

            title.ShouldContain("\0redis://me:*******@a\0redis://b\0--target-password-file\0");
            title.ShouldNotContain("hunter2");
        }
        finally
        {
            process.Kill();
            File.Delete(pipe);
        }
    }

    private static Process Start(params string[] arguments)
    {
        string[] all = [Path.Combine(AppContext.BaseDirectory, "godwit.dll"), .. arguments];
        return Process.Start(
            new ProcessStartInfo("dotnet", all)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
    }
}
