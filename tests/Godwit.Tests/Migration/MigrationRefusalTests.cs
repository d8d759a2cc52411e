using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Tests.Migration;

/// <summary>What is found before the first write, and leaves both ends as they were.</summary>
public sealed class MigrationRefusalTests : MigrationTest
{
    [Fact]
    public async Task Run_ErrorsFileCannotBeWritten_RefusesBeforeTheFirstWrite()
    {
        Source.Fill(3);

        var report = await RunAsync(options =>
            options with
            {
                ErrorsFile = Rig.InDirectory("no/such/directory/errors.ndjson"),
            }
        );

        report.Failure!.BeforeFirstWrite.ShouldBeTrue();
        report.Failure.WhatToDo!.ShouldContain("--errors");
        Target.Keys.ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_TargetHasNoTransactions_CommandsAreRefusedBeforeTheFirstWrite()
    {
        // The commands of a refused MULTI would be carried out one by one.
        Source.Fill(3);
        Target.Intercept = command => command.Name == "MULTI" ? "-NOPERM no\r\n" : null;

        var report = await RunAsync(options => options with { Write = WriteMode.Commands });

        report.Failure!.BeforeFirstWrite.ShouldBeTrue();
        report.Failure.Message.ShouldContain("MULTI");
        Target.Keys.ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_SourceDoesNotTellItsDatabases_Refuses()
    {
        Source.Fill(10);
        Source.Intercept = command => command.Name == "INFO" ? "-NOPERM no\r\n" : null;

        var report = await RunAsync();

        report.Failure!.BeforeFirstWrite.ShouldBeTrue();
        report.Failure.Message.ShouldContain("INFO");
        (await Rig.RunAsync(Source.Endpoint with { Database = 0 }, Target.Endpoint)).Keys.Written.ShouldBe(10);
    }

    [Fact]
    public async Task Run_SourceLoads_Refuses()
    {
        Source.Info = "loading:1";

        var report = await RunAsync(options => options with { Read = ReadMode.Sync });

        report.Failure!.BeforeFirstWrite.ShouldBeTrue();
        report.Failure.Message.ShouldContain("still loading");
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData(1, null, true)]
    [InlineData(null, 1, true)]
    [InlineData(1, 1, true)]
    [InlineData(1, 2, false)]
    public async Task Run_BothEndsAreOneServer_RefusesUnlessTheDatabasesDiffer(int? from, int? to, bool refused)
    {
        Source.Fill(10, database: 1);
        await using var alias = new KeyServer { RunId = Source.RunId };

        var itself = await Rig.RunAsync(
            Source.Endpoint with
            {
                Database = from,
            },
            Source.Endpoint with
            {
                Database = to,
            },
            options => options with { FlushTarget = refused }
        );
        var byAnotherName = await Rig.RunAsync(
            Source.Endpoint with
            {
                Database = from,
            },
            alias.Endpoint with
            {
                Database = to,
            }
        );

        foreach (var report in new[] { itself, byAnotherName })
            (report.Failure is { BeforeFirstWrite: true } failure && failure.Message.Contains("same server")).ShouldBe(
                refused
            );
        Source.Keys.Count.ShouldBe(refused ? 10 : 20);
    }

    [Fact]
    public async Task Run_SourceFollowsTheTarget_Refuses()
    {
        Source.Fill(10).Info = "role:slave\nmaster_replid:abc";
        Target.Info = "master_replid:abc";

        var report = await RunAsync(options => options with { FlushTarget = true });

        report.Failure!.Message.ShouldContain("is a replica of the target");
        Target.Count("FLUSHALL").ShouldBe(0);
    }

    [Fact]
    public async Task Run_FlushIsRefused_NothingWasWritten()
    {
        Source.Fill(1);
        Target.Fill(1);
        Target.Intercept = command => command.Name == "FLUSHALL" ? "-NOPERM no\r\n" : null;

        var report = await RunAsync(options => options with { FlushTarget = true });

        report.Failure!.BeforeFirstWrite.ShouldBeTrue();
    }

    [Fact]
    public async Task Run_FlushIsNotAnswered_SomethingMayHaveBeenWritten()
    {
        Source.Fill(1);
        Target.Intercept = command => command.Name == "FLUSHALL" ? KeyServer.Close : null;

        var report = await RunAsync(options => options with { FlushTarget = true });

        report.Failure!.BeforeFirstWrite.ShouldBeFalse();
    }

    // A server that empties itself at once answers nobody until it is done, which may take longer than anybody waits.
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task Run_TargetIsToBeEmptied_ItDoesSoInTheBackgroundIfItCan(bool isKnown, int asked)
    {
        Source.Fill(1);
        Target.Fill(1, "old");
        Target.Intercept = command =>
            command.Name != "FLUSHALL" || command.Words.Count == (isKnown ? 2 : 1) ? null
            : isKnown ? KeyServer.Hang
            : "-ERR syntax error\r\n";

        var report = await RunAsync(options => options with { FlushTarget = true });

        report.Failure.ShouldBeNull();
        report.Keys.Written.ShouldBe(1);
        Target.Count("FLUSHALL").ShouldBe(asked);
    }

    // What is deleted counts as memory in use until it is freed, and a target that is full evicts, or refuses.
    [Fact]
    public async Task Run_TargetIsEmptiedInTheBackground_NothingIsWrittenBeforeItIsDone()
    {
        Source.Fill(1);
        var looks = 0;
        Target.Intercept = command =>
        {
            if (command.Name == "FLUSHALL")
                Target.Info = "lazyfree_pending_objects:3";
            else if (command.Name == "INFO" && Target.Info.Length > 0 && ++looks == 3)
                Target.Info = "lazyfree_pending_objects:0";
            else if (command is { Name: "RESTORE", Key: "key:0" } && looks < 3)
                return "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
            return null;
        };

        var report = await RunAsync(options => options with { FlushTarget = true });

        report.Failure.ShouldBeNull();
        report.Keys.Written.ShouldBe(1);
    }

    // What it holds may be all there still, and a run that skips what is there would leave it.
    [Fact]
    public async Task Run_FlushIsNotAnswered_TheCommandThatGoesOnEmptiesIt()
    {
        const string command = "godwit migrate source target --flush-target --yes";
        Source.Fill(1);
        Target.Fill(1, "old");
        Target.Intercept = asked => asked.Name == "FLUSHALL" ? KeyServer.Close : null;

        var report = await RunAsync(options => options with { FlushTarget = true, CommandLine = command });

        report.ResumeCommand.ShouldBe(command);
    }

    [Fact]
    public async Task Run_ConnectionIsLostBehindTheFlush_TheCommandThatGoesOnEmptiesNothing()
    {
        Source.Fill(3);
        Target.Intercept = asked => asked is { Name: "RESTORE", Key: "key:2" } ? KeyServer.Close : null;

        var report = await RunAsync(options =>
            options with
            {
                FlushTarget = true,
                CommandLine = "godwit migrate source target --flush-target --yes",
            }
        );

        report.ResumeCommand.ShouldBe("godwit migrate source target --on-existing skip");
    }

    [Fact]
    public async Task Run_SourceFileIsNoRdb_TargetIsNotEmptied()
    {
        Target.Fill(3);
        var path = Rig.InDirectory("dump.rdb");
        await File.WriteAllTextAsync(path, "no such thing as this", TestContext.Current.CancellationToken);

        var report = await Rig.RunAsync(
            new RdbFileEndpoint(path),
            Target.Endpoint,
            options => options with { FlushTarget = true }
        );

        report.Failure!.BeforeFirstWrite.ShouldBeTrue();
        report.Failure.Message.ShouldContain(path);
        Target.Keys.Count.ShouldBe(3);
    }
}
