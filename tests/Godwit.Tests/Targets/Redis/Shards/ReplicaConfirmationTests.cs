using System.Globalization;
using Godwit.Connections;
using Godwit.Migration;
using Godwit.Tests.Connections;
using static Godwit.Targets.Redis.Shards.SettledHistoryTests;

namespace Godwit.Targets.Redis.Shards;

public sealed class ReplicaConfirmationTests
{
    private readonly RunEvents _events = new();
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Confirm_NoReplica_WaitsForNone()
    {
        await using var server = Server(attached: 0, _ => ":0");
        (await ConfirmAsync(server)).ShouldBeNull();
        server.Commands.ShouldNotContain(command => command.StartsWith("WAIT", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Confirm_AllReplicasHaveIt_IsConfirmed()
    {
        await using var server = Server(attached: 2, _ => ":2");
        (await ConfirmAsync(server)).ShouldBeNull();
        server.Commands.ShouldContain(command => command == "WAIT 2 1000");
        _events.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task Confirm_OneAnswersLate_IsWaitedFor()
    {
        await using var server = Server(attached: 2, wait => wait < 3 ? ":1" : ":2");
        (await ConfirmAsync(server)).ShouldBeNull();
        server.Commands.Count(command => command == "WAIT 2 1000").ShouldBe(3);
        _events.All.ShouldBeEmpty();
    }

    // What was written is lost with the role: it must not count as confirmed, nor as not to be confirmed.
    [Theory]
    [InlineData("-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)")]
    [InlineData("-ERR WAIT cannot be used with replica instances.")]
    public async Task Confirm_PrimaryBecameAReplica_MustBeWrittenAgain(string error)
    {
        await using var server = Server(attached: 1, _ => error);
        var detour = await ConfirmAsync(server);
        detour.ShouldNotBeNull().Kind.ShouldBe(DetourKind.Later);
        detour.Why.ShouldContain("has become a replica");
        _events.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task Confirm_AnotherHasTakenThePlace_MustBeWrittenAgain()
    {
        await using var server = Server(attached: 2, _ => ":1");
        await using var topology = new FixedTopology(server.Endpoint);
        topology.Becomes(Node(1));
        var detour = await ConfirmAsync(server, topology);
        detour.ShouldNotBeNull().Why.ShouldContain("another server has taken the place");
    }

    [Fact]
    public async Task Confirm_WaitIsNotPermitted_IsToldOnce()
    {
        await using var server = Server(
            attached: 1,
            _ => "-NOPERM this user has no permissions to run the 'wait' command"
        );
        await using var topology = new FixedTopology(server.Endpoint);
        await using var connection = await server.ConnectAsync();
        var confirmation = Confirmation(connection, topology);
        await confirmation.LookAsync(TestContext.Current.CancellationToken);
        (await confirmation.ConfirmAsync(TestContext.Current.CancellationToken)).ShouldBeNull();
        (await confirmation.ConfirmAsync(TestContext.Current.CancellationToken)).ShouldBeNull();
        _events.All.ShouldHaveSingleItem().ShouldContain("does not let us wait");
    }

    [Fact]
    public async Task Confirm_ReplicasStayBehind_GoesOnAndSaysSo()
    {
        await using var server = Server(
            attached: 2,
            _ =>
            {
                _time.Advance(TimeSpan.FromSeconds(5));
                return ":1";
            }
        );
        (await ConfirmAsync(server)).ShouldBeNull();
        _events.All.ShouldHaveSingleItem().ShouldContain("has only 1 of 2 replicas that keep up");
    }

    private async Task<Detour?> ConfirmAsync(FakeServer server, FixedTopology? topology = null)
    {
        await using var own = new FixedTopology(server.Endpoint);
        await using var connection = await server.ConnectAsync();
        var confirmation = Confirmation(connection, topology ?? own);
        await confirmation.LookAsync(TestContext.Current.CancellationToken);
        return await confirmation.ConfirmAsync(TestContext.Current.CancellationToken);
    }

    private ReplicaConfirmation Confirmation(RedisConnection connection, FixedTopology topology) =>
        new(connection, topology, new ReplicaRoll(topology, _time), _events, _time);

    private static FakeServer Server(int attached, Func<int, string> wait)
    {
        var waits = 0;
        var replica = "*3\r\n$9\r\n127.0.0.1\r\n$4\r\n7001\r\n$1\r\n1\r\n";
        var count = attached.ToString(CultureInfo.InvariantCulture);
        return FakeServer.Redis(words =>
            words == "ROLE"
                ? $"*3\r\n$6\r\nmaster\r\n:1\r\n*{count}\r\n{string.Concat(Enumerable.Repeat(replica, attached))}"
            : words.StartsWith("WAIT", StringComparison.Ordinal) ? $"{wait(++waits)}\r\n"
            : null
        );
    }
}
