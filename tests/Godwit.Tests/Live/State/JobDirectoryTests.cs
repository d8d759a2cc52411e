using Godwit.Live.State;
using Godwit.Live.Status;
using Godwit.Migration;

namespace Godwit.Tests.Live.State;

public sealed class JobDirectoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("godwit-test-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Inside => Path.Combine(_root, "job");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Take_Twice_IsRefusedAndNamesTheCommands()
    {
        JobDirectory.Open(Inside);
        using (JobLock.Take(Inside))
        {
            var exception = Should.Throw<RefusedException>(() => JobLock.Take(Inside));
            exception.WhatToDo.ShouldNotBeNull().ShouldContain("godwit status");
        }

        Directory.Exists(Inside).ShouldBeFalse("nothing was left in it");
    }

    [Fact]
    public void Take_LockOfAKilledRun_IsTaken()
    {
        JobDirectory.Open(Inside).Save(State);
        File.WriteAllText(Path.Combine(Inside, "job.lock"), "");
        JobLock.Take(Inside).Dispose();
        Directory.GetFiles(Inside).Select(Path.GetFileName).ShouldBe(["job.json"]);
    }

    [Fact]
    public void Find_NoJob_CreatesNothing()
    {
        JobDirectory.Find(Inside).ShouldBeNull();
        Directory.Exists(Inside).ShouldBeFalse();
    }

    [Fact]
    public async Task Status_OfAStateWithoutAnEnd_IsKilled()
    {
        JobDirectory.Open(Inside).Save(State);
        var status = await JobStatusReader.ReadAsync(Inside, TimeProvider.System, Stop);
        status.ShouldNotBeNull();
        (status.Running, status.Phase, status.Offset).ShouldBe((false, JobStatusReader.Killed, 77));
        status.LastError.ShouldBeNull();
        status.Changes.ShouldBeNull("what a dead process had measured is not known");
    }

    [Fact]
    public async Task Status_OfAStateThatFailed_SaysWhy()
    {
        JobDirectory.Open(Inside).Save(State with { Ended = JobState.Failed, Error = "The target is full." });
        var status = await JobStatusReader.ReadAsync(Inside, TimeProvider.System, Stop);
        status.ShouldNotBeNull();
        (status.Running, status.Phase).ShouldBe((false, JobState.Failed));
        status.LastError.ShouldBe(new ErrorStatus("The target is full.", State.Seen!.Value));
    }

    [Fact]
    public async Task Status_OfAStateOfAnEarlierVersion_IsRead()
    {
        Directory.CreateDirectory(Inside);
        await File.WriteAllTextAsync(
            Path.Combine(Inside, "job.json"),
            """{"job":"a","source":"redis://a:6379","target":"redis://b:6379","target_was_empty":true,"applied":5}""",
            Stop
        );
        var status = await JobStatusReader.ReadAsync(Inside, TimeProvider.System, Stop);
        status.ShouldNotBeNull();
        (status.Offset, status.LastSeen).ShouldBe((5, null));
    }

    private static JobState State =>
        new()
        {
            Job = "0123456789ab",
            Source = "redis://a:6379",
            Target = "redis://b:6379",
            Applied = 77,
            Seen = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        };
}
