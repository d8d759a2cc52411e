using System.Text.Json;
using Godwit.Cli.Terminal;
using Godwit.Live.Status;

namespace Godwit.Cli.Jobs;

public sealed class JobScreenTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    internal static readonly Dictionary<string, JobStatus> Jobs = new(StringComparer.Ordinal)
    {
        ["connecting"] = Running with { Phase = "connecting", Keys = null, Changes = null, Spool = null, Link = null },
        ["copying"] = Running with
        {
            Phase = "copying",
            Changes = null,
            Keys = Running.Keys! with { Read = 400_003, Written = 400_000, Failed = 3 },
            Link = Running.Link! with { Phase = "snapshot" },
            Spool = Running.Spool! with { WaitingBytes = 9L << 30, DiskBytes = 9L << 30 },
        },
        ["following"] = Running,
        ["caught-up"] = Running with
        {
            Changes = Running.Changes! with { LagBytes = 0, LagMilliseconds = 0, CaughtUp = true, Repaired = 2 },
            Expiries = new ExpiryStatus("near", 120, 100),
        },
        ["held-back"] = Running with
        {
            Spool = Running.Spool! with { HeldBack = "the spool has reached --max-disk (10.0 GiB) in /jobs/a/spool" },
            Link = Running.Link! with { Phase = "joining", Joins = 3 },
            Changes = Running.Changes! with { LagBytes = null },
            LastError = new ErrorStatus("Waiting for the target: connection refused.", Now.AddMinutes(-2)),
        },
        ["cluster"] = Running with
        {
            Offset = null,
            Servers =
            [
                new ServerStatus("redis://old-1:7000", "a", 987654, 34567),
                new ServerStatus("redis://old-2:7000", "b", 4321, 0),
                new ServerStatus("redis://old-3:7000", "c", 12, null),
            ],
        },
        ["stopped-early"] = Left("stopped") with { ResumeCommand = null },
        ["stopped"] = Left("stopped"),
        ["failed"] = Left("failed") with { LastError = new ErrorStatus("redis://new:6379 is full.", Now.AddHours(-2)) },
        ["killed"] = Left("killed"),
        ["done"] = Running with
        {
            Running = false,
            Phase = "done",
            Changes = Running.Changes! with { LagBytes = 0, LagMilliseconds = 0, CaughtUp = true },
        },
    };

    public static TheoryData<string> Names => [.. Jobs.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Screen_OfOneJob_IsApproved(string name)
    {
        var screen = JobScreen.Of(Jobs[name], new Ink(isOn: false), Now);
        Approve.Screen($"status-{name}", screen);
        screen.Split('\n').ShouldAllBe(line => line.Length <= 96);
    }

    [Fact]
    public void Screen_OfSeveralJobs_IsApproved() =>
        Approve.Screen(
            "status-list",
            JobScreen.Of([Jobs["following"], Jobs["caught-up"], Jobs["killed"]], new Ink(isOn: false), Now)
        );

    [Fact]
    public void Json_OfAJob_HasTheShapeThatIsPromised() =>
        JobJson
            .Of("status", Jobs["following"])
            .ShouldBe(
                """
                {"command":"status","godwit":1,"running":true,"phase":"following","job":"0123456789ab","directory":"/jobs/a","source":"redis://old:6379","target":"redis://new:6379","process":4711,"since":"2026-01-02T01:01:05+00:00","last_seen":null,"offset":987654,"servers":null,"keys":{"read":1000000,"written":1000000,"skipped":0,"filtered":0,"expired":0,"failed":0,"expected":1000000},"changes":{"received":12345,"applied":12000,"repaired":0,"received_per_second":5012,"applied_per_second":4998.5,"lag_bytes":34567,"lag_milliseconds":70,"caught_up":false},"spool":{"memory_bytes":34567,"disk_bytes":0,"waiting_bytes":34567,"max_disk_bytes":10737418240,"held_back":null},"link":{"phase":"streaming","endpoint":"redis://old:6379","joins":1,"snapshots":1},"expiries":{"holding":"all","held_back":120,"set":0},"last_error":null,"resume_command":null}
                """
            );

    [Fact]
    public void Json_OfSeveralJobs_IsOneObject()
    {
        using var json = JsonDocument.Parse(JobJson.Of("status", [Jobs["following"], Jobs["killed"]]));
        json.RootElement.GetProperty("jobs").GetArrayLength().ShouldBe(2);
    }

    private static JobStatus Running =>
        new()
        {
            Running = true,
            Phase = "following",
            Job = "0123456789ab",
            Directory = "/jobs/a",
            Source = "redis://old:6379",
            Target = "redis://new:6379",
            Process = 4711,
            Since = Now.AddHours(-2).AddMinutes(-3),
            Offset = 987_654,
            Keys = new KeyStatus(1_000_000, 1_000_000, 0, 0, 0, 0, 1_000_000),
            Changes = new ChangeStatus(12_345, 12_000, 0, 5012, 4998.5, 34_567, 70, CaughtUp: false),
            Spool = new SpoolStatus(34_567, 0, 34_567, 10L << 30, HeldBack: null),
            Link = new LinkReport("streaming", "redis://old:6379", 1, 1),
            Expiries = new ExpiryStatus("all", 120, 0),
        };

    private static JobStatus Left(string phase) =>
        new()
        {
            Running = false,
            Phase = phase,
            Job = "0123456789ab",
            Directory = "/jobs/a",
            Source = "redis://old:6379",
            Target = "redis://new:6379",
            LastSeen = Now.AddHours(-2),
            Offset = 987_654,
            ResumeCommand = "godwit migrate redis://old redis://new --live --state /jobs/a --resume",
        };
}
