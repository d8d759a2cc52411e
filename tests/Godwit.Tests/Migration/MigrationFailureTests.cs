using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Tests.Connections;

namespace Godwit.Tests.Migration;

/// <summary>What breaks while keys are under way: it ends with the cause, and the account is right.</summary>
public sealed class MigrationFailureTests : MigrationTest
{
    [Theory]
    [InlineData("-ERR Bad data format")]
    [InlineData("-NOPERM No permissions to access a key")]
    [InlineData("-ERR DUMP payload version or checksum are wrong")]
    public async Task Run_TargetRefusesOneKey_ItIsNamedAndTheOthersArrive(string error)
    {
        Source.Fill(100);
        Target.Intercept = command =>
            command is { Name: "RESTORE", Key: "key:50" } ? $"{error}, with args beginning with: 'secret'\r\n" : null;

        var report = await RunAsync();

        report.Status.ShouldBe(MigrationStatus.Partial);
        report.Keys.ShouldBe(new KeyCounts(99, 0, 0, 0, 1));
        var line = Rig.Failed().ShouldHaveSingleItem();
        line.ShouldContain(error[1..]);
        line.ShouldContain("\"key\":\"key:50\"");
        line.ShouldNotContain("secret");
        report.ErrorsFile.ShouldBe(Rig.ErrorsFile);
    }

    [Theory]
    [InlineData("-OOM command not allowed when used memory > 'maxmemory'.\r\n", typeof(TargetFullException))]
    [InlineData("-READONLY You can't write against a read only replica.\r\n", typeof(ServerErrorException))]
    [InlineData("-LOADING Redis is loading the dataset in memory\r\n", typeof(ServerErrorException))]
    [InlineData("-MISCONF Errors writing to the AOF file\r\n", typeof(ServerErrorException))]
    public async Task Run_TargetRefusesAllFromTheMiddleOn_StopsAndCountsWhatWasWritten(string error, Type expected)
    {
        Source.Fill(2000);
        var restored = 0;
        Target.Intercept = command => command.Name == "RESTORE" && IsKey(command) && ++restored > 700 ? error : null;

        var report = await RunAsync(options => options with { Batch = 50 });

        report.Status.ShouldBe(MigrationStatus.Failed);
        report.Failure!.Exception.ShouldBeOfType(expected);
        report.Failure.BeforeFirstWrite.ShouldBeFalse();
        report.Keys.ShouldBe(new KeyCounts(700, 0, 0, 0, 0));
        Rig.Failed().ShouldBeEmpty();
        report.ResumeCommand.ShouldBe("godwit migrate source target --on-existing skip");
    }

    [Fact]
    public async Task Run_TargetRefusesOneWriteAndTakesTheRest_EachReplyIsCounted()
    {
        // Several connections, and one refusal: what was under way on all of them was written, and is counted.
        Source.Fill(5000);
        var restored = 0;
        Target.Intercept = command =>
            command.Name == "RESTORE" && IsKey(command) && ++restored == 1000 ? "-OOM full\r\n" : null;

        var report = await RunAsync(options => options with { Batch = 20, Connections = 4 });

        report.Failure!.Exception.ShouldBeOfType<TargetFullException>();
        report.Keys.Written.ShouldBe(Target.Keys.Count);
        report.Keys.Read.ShouldBe(Target.Keys.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Run_MoreErrorsThanAllowed_StopsAndNamesThem(int connections)
    {
        Source.Fill(3000);
        Target.Intercept = command => command.Name == "RESTORE" && IsKey(command) ? "-ERR Bad data format\r\n" : null;

        var report = await RunAsync(options => options with { Batch = 10, MaxErrors = 100, Connections = connections });

        report.Failure!.Exception.ShouldBeOfType<TooManyErrorsException>();
        report.Keys.Failed.ShouldBeInRange(101, 2999);
        Rig.Failed().Length.ShouldBe((int)report.Keys.Failed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Run_TargetClosesInTheMiddle_EndsWithTheCause(int connections)
    {
        Source.Fill(3000);
        var restored = 0;
        Target.Intercept = command =>
            command.Name == "RESTORE" && IsKey(command) && ++restored >= 500 ? KeyServer.Close : null;

        var report = await RunAsync(options => options with { Batch = 50, Connections = connections });

        report.Status.ShouldBe(MigrationStatus.Failed);
        report.Failure!.Exception.ShouldBeOfType<ConnectionException>();
        report.Failure.BeforeFirstWrite.ShouldBeFalse();
        report.Keys.Failed.ShouldBe(0);
        report.Keys.Written.ShouldBeLessThanOrEqualTo(Target.Keys.Count);
        report.ResumeCommand.ShouldNotBeNull();
    }

    [Fact]
    public async Task Run_SourceClosesInTheMiddle_WhatCameIsWrittenAndCounted()
    {
        Source.Fill(1000);
        Source.Intercept = command => command is { Name: "DUMP", Key: "key:600" } ? KeyServer.Close : null;

        var report = await RunAsync(options => options with { Batch = 100 });

        report.Failure!.Exception.ShouldBeOfType<ConnectionException>().Endpoint.ShouldContain(Port(Source));
        report.Keys.Written.ShouldBe(Target.Keys.Count);
        report.Keys.Written.ShouldBe(600);
    }

    [Fact]
    public async Task Run_BothBreak_TellsBoth()
    {
        Source.Fill(1000);
        var restored = 0;
        Source.Intercept = command => command is { Name: "DUMP", Key: "key:990" } ? KeyServer.Close : null;
        Target.Intercept = command =>
            command.Name == "RESTORE" && IsKey(command) && ++restored > 10 ? KeyServer.Close : null;

        var report = await RunAsync(options => options with { Batch = 500 });

        string[] told = [report.Failure!.Message, .. Rig.Log];
        told.ShouldContain(line => line.Contains(Port(Target)) && line.Contains("closed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_TargetIsSilent_EndsAfterTheLimit()
    {
        Source.Fill(10);
        var hung = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Target.Intercept = command =>
        {
            if (command.Name != "RESTORE" || !IsKey(command))
                return null;
            hung.TrySetResult();
            return KeyServer.Hang;
        };

        var clock = new ManualTimeProvider();
        var running = Rig.RunAsync(Source.Endpoint, Target.Endpoint, timeProvider: clock);
        await hung.Task;
        while (!running.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        var report = await running;
        report.Failure!.Message.ShouldContain("silent");
        report.Keys.Read.ShouldBe(0);
    }

    [Fact]
    public async Task Run_ErrorsFileIsOnAFullDisk_StopsAndSaysSo()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full here.");
        Source.Fill(3);
        Target.Intercept = command => command is { Name: "RESTORE", Key: "key:1" } ? "-ERR Bad data format\r\n" : null;

        var report = await RunAsync(options => options with { ErrorsFile = "/dev/full" });

        report.Failure!.Exception.ShouldBeOfType<FileFailureException>();
        report.Keys.ShouldBe(new KeyCounts(2, 0, 0, 0, 1));
    }

    [Fact]
    public async Task Run_JsonIsOnAFullDisk_StopsAndSaysSo()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full here.");
        Source.Fill(3);

        var report = await Rig.RunAsync(Source.Endpoint, new JsonEndpoint("/dev/full"));

        report.Failure!.Exception.ShouldBeOfType<FileFailureException>();
        report.Keys.Written.ShouldBe(0);
    }

    [Fact]
    public async Task Run_AnyFailure_LeavesNoExceptionUnobserved()
    {
        var unobserved = new List<Exception>();
        EventHandler<UnobservedTaskExceptionEventArgs> note = (_, e) => unobserved.Add(e.Exception);
        TaskScheduler.UnobservedTaskException += note;
        try
        {
            await Run_TargetClosesInTheMiddle_EndsWithTheCause(4);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= note;
        }

        unobserved.Where(e => e.ToString().Contains("Godwit.Targets", StringComparison.Ordinal)).ShouldBeEmpty();
    }
}
