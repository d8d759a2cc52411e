using System.Net.Sockets;
using System.Text;
using Godwit.Json;
using Godwit.Live.Lanes;
using Godwit.Live.State;
using Godwit.Live.Status;
using Godwit.Migration;

namespace Godwit.Tests.Live.Status;

public sealed class JobSocketTests : IDisposable
{
    private const string SocketName = "job.sock";

    private readonly string _root = Directory.CreateTempSubdirectory("gw-").FullName;
    private int _stops;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Status_OfOneThatListens_IsItsOwn()
    {
        await using var socket = Listen(_root);
        var status = await JobCalls.StatusAsync(_root, TimeProvider.System, Stop);
        status.ShouldBe(Example);
        _stops.ShouldBe(0);
    }

    [Fact]
    public async Task Status_WhereNobodyListens_IsNull()
    {
        (await JobCalls.StatusAsync(_root, TimeProvider.System, Stop)).ShouldBeNull();
        (await JobCalls.StatusAsync(Path.Combine(_root, "nowhere"), TimeProvider.System, Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task Listen_SocketOfAKilledRun_IsReplaced()
    {
        LeaveDeadSocket();
        (await JobCalls.StatusAsync(_root, TimeProvider.System, Stop)).ShouldBeNull();
        File.Exists(Path.Combine(_root, SocketName)).ShouldBeTrue();

        await using (Listen(_root))
            (await JobCalls.StatusAsync(_root, TimeProvider.System, Stop)).ShouldBe(Example);
        Directory.EnumerateFileSystemEntries(_root).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(120)]
    public async Task Listen_PathOfAnyLength_IsForItsOwnerAloneAndGoneAfterwards(int length)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
        var directory = Path.Combine(_root, new string('d', length));
        Directory.CreateDirectory(directory);
        string path;
        await using (Listen(directory))
        {
            path = JobSocketPath.Find(directory).ShouldNotBeNull();
            ModeOf(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            (await JobCalls.StatusAsync(directory, TimeProvider.System, Stop)).ShouldBe(Example);
        }

        Directory.EnumerateFileSystemEntries(directory).ShouldBeEmpty();
        File.Exists(path).ShouldBeFalse();
        Directory.Exists(Path.GetDirectoryName(path)).ShouldBe(length == 0);
    }

    [Fact]
    public void Remove_AFileThatNamesAnothersSocket_LeavesThatAlone()
    {
        var other = Path.Combine(_root, "other.txt");
        File.WriteAllText(other, "not ours");
        File.WriteAllText(Path.Combine(_root, "job.sock.path"), other);
        JobSocketPath.Remove(_root);
        Directory.GetFiles(_root).ShouldBe([other]);
    }

    [Fact]
    public async Task Stop_IsAnsweredAgainWhenTheJobHasEnded()
    {
        var last = Example with { Running = false, Phase = JobState.Stopped };
        var asked = new TaskCompletionSource();
        Task<JobStatus?> stopping;
        await using (var socket = Listen(_root))
        {
            stopping = JobCalls.StopAsync(_root, _ => asked.SetResult(), TimeProvider.System, Stop);
            await asked.Task.WaitAsync(Stop);
            stopping.IsCompleted.ShouldBeFalse();
            socket.End(last);
        }

        (await stopping).ShouldBe(last);
        _stops.ShouldBe(1);
    }

    [Fact]
    public async Task Stop_OfAJobThatDiesMeanwhile_IsAnError()
    {
        var asked = new TaskCompletionSource();
        Task<JobStatus?> stopping;
        await using (Listen(_root))
        {
            stopping = JobCalls.StopAsync(_root, _ => asked.SetResult(), TimeProvider.System, Stop);
            await asked.Task.WaitAsync(Stop);
        }

        var exception = await Should.ThrowAsync<JobCallException>(() => stopping);
        exception.Message.ShouldContain("died");
        exception.WhatToDo.ShouldNotBeNull().ShouldContain("--resume");
    }

    [Theory]
    [InlineData("nonsense\n")]
    [InlineData("{\"ask\":\"status\",\"godwit\":2}\n")]
    [InlineData("{\"ask\":\"shutdown\",\"godwit\":1}\n")]
    [InlineData("{\"ask\":\"reread\",\"godwit\":1}\n")]
    [InlineData("{\"ask\":\"reread\",\"godwit\":1,\"keys\":[{\"db\":0}]}\n")]
    [InlineData("{\"ask\":\"reread\",\"godwit\":1,\"keys\":[{\"db\":0,\"key\":\"base64:?\"}]}\n")]
    [InlineData("null\n")]
    public async Task Request_ThatIsNotUnderstood_IsRefusedAndTheNextIsAnswered(string request)
    {
        await using var socket = Listen(_root);
        using (var caller = await ConnectAsync())
        {
            await caller.SendAsync(Encoding.UTF8.GetBytes(request), Stop);
            (await ReadToEndAsync(caller)).ShouldContain("\"error\"");
        }

        (await JobCalls.StatusAsync(_root, TimeProvider.System, Stop)).ShouldBe(Example);
        _stops.ShouldBe(0);
    }

    [Fact]
    public async Task Reread_IsAnsweredWhenTheKeysAreWritten()
    {
        byte[] binary = [0, 255];
        var asked = new TaskCompletionSource<IReadOnlyList<DatabaseKey>>();
        var written = new TaskCompletionSource<bool>();
        await using var socket = JobSocket.Listen(
            _root,
            () => Example,
            () => { },
            TimeProvider.System,
            (keys, _) =>
            {
                asked.SetResult(keys);
                return written.Task;
            }
        );

        var asking = RereadAsync(new JobKey(0, "plain"), new JobKey(3, BinaryText.Encode(binary)));
        (await asked.Task.WaitAsync(Stop)).ShouldBe([new(0, "plain"), DatabaseKey.Of(3, binary)]);
        asking.IsCompleted.ShouldBeFalse();
        written.SetResult(true);

        (await asking).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reread_OfAJobThatCannot_IsAnError(bool isAsked)
    {
        await using var socket = JobSocket.Listen(
            _root,
            () => Example,
            () => { },
            TimeProvider.System,
            isAsked ? (_, _) => Task.FromResult(false) : null
        );
        await Should.ThrowAsync<JobCallException>(() => RereadAsync(new JobKey(0, "key")));
    }

    [Fact]
    public async Task Reread_WhereNobodyListens_IsFalse() => (await RereadAsync(new JobKey(0, "key"))).ShouldBeFalse();

    private Task<bool> RereadAsync(params JobKey[] keys) =>
        JobCalls.RereadAsync(_root, keys, TimeSpan.FromMinutes(1), TimeProvider.System, Stop);

    [Fact]
    public async Task Dispose_CallersThatSayNothing_AreNotWaitedFor()
    {
        var callers = new List<Socket>();
        await using (Listen(_root))
        {
            // More than are listened to at once.
            for (var i = 0; i < 40; i++)
                callers.Add(await ConnectAsync());
        }

        foreach (var caller in callers)
            caller.Dispose();
        Directory.EnumerateFileSystemEntries(_root).ShouldBeEmpty();
    }

    [Fact]
    public async Task Status_InAnotherForm_SaysThatTheVersionsDiffer()
    {
        await using var socket = JobSocket.Listen(
            _root,
            () => Example with { Godwit = 2 },
            () => { },
            TimeProvider.System
        );
        var exception = await Should.ThrowAsync<JobCallException>(() =>
            JobCalls.StatusAsync(_root, TimeProvider.System, Stop)
        );
        exception.Message.ShouldContain("form");
    }

    [Fact]
    public async Task Status_OfAProcessThatHangs_IsGivenUp()
    {
        var clock = new Connections.ManualTimeProvider();
        using var listener = JobSocketPath.NewSocket();
        listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(_root, SocketName)));
        listener.Listen();
        var asking = JobCalls.StatusAsync(_root, clock, Stop);
        using var caller = await listener.AcceptAsync(Stop);
        await caller.ReceiveAsync(new byte[1], Stop);

        clock.Advance(TimeSpan.FromSeconds(10));

        (await Should.ThrowAsync<JobCallException>(() => asking)).Message.ShouldContain("does not answer");
    }

    [Fact]
    public void Listen_WhereNothingCanBeWritten_IsRefused() =>
        Should
            .Throw<RefusedException>(() =>
                JobSocket.Listen(Path.Combine(_root, "nowhere"), () => Example, () => { }, TimeProvider.System)
            )
            .WhatToDo.ShouldNotBeNull()
            .ShouldContain("--state");

    private static UnixFileMode ModeOf(string path) =>
        OperatingSystem.IsWindows() ? throw new PlatformNotSupportedException() : File.GetUnixFileMode(path);

    private static JobStatus Example =>
        new()
        {
            Running = true,
            Phase = "following",
            Job = "0123456789ab",
            Directory = "/jobs/a",
            Source = "redis://a:6379",
            Target = "redis://b:6379",
            Process = 7,
            Since = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Keys = new KeyStatus(10, 9, 0, 0, 0, 1, 12),
            Changes = new ChangeStatus(5, 4, 0, 1.5, 1, 100, 20, false),
            LastError = new ErrorStatus(
                "Waiting for the target.",
                new DateTimeOffset(2026, 1, 2, 3, 4, 6, TimeSpan.Zero)
            ),
        };

    private JobSocket Listen(string directory) =>
        JobSocket.Listen(directory, () => Example, () => Interlocked.Increment(ref _stops), TimeProvider.System);

    // A process that is killed leaves the name, and nobody behind it.
    private void LeaveDeadSocket()
    {
        using var dead = JobSocketPath.NewSocket();
        var born = Path.Combine(_root, "born");
        dead.Bind(new UnixDomainSocketEndPoint(born));
        dead.Listen();
        File.Move(born, Path.Combine(_root, SocketName));
    }

    private async Task<Socket> ConnectAsync()
    {
        var caller = JobSocketPath.NewSocket();
        await caller.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(_root, SocketName)), Stop);
        return caller;
    }

    private static async Task<string> ReadToEndAsync(Socket caller)
    {
        await using var stream = new NetworkStream(caller);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Stop);
    }
}
