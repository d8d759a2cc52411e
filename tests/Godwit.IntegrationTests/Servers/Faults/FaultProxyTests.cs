using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Godwit.IntegrationTests.Running;

namespace Godwit.IntegrationTests.Servers.Faults;

/// <summary>What the proxy promises to the tests that use it; the server behind it is a bare socket here.</summary>
public sealed class FaultProxyTests : IAsyncDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly FaultProxy _proxy;
    private readonly List<Socket> _sockets = [];

    public FaultProxyTests()
    {
        _server.Start();
        _proxy = new(((IPEndPoint)_server.LocalEndpoint).Port);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var socket in _sockets)
            socket.Dispose();
        await _proxy.DisposeAsync();
        _server.Dispose();
    }

    [Fact]
    public async Task Pass_SeveralConnectionsBothWays_EachGetsItsOwnBytesWhole()
    {
        var first = await ConnectAsync();
        var second = await ConnectAsync();
        (Socket From, Socket To)[] ways =
        [
            (first.Client, first.Server),
            (first.Server, first.Client),
            (second.Client, second.Server),
            (second.Server, second.Client),
        ];

        var received = ways.Select(way => ReceiveToEndAsync(way.To)).ToArray();
        await Task.WhenAll(ways.Select((way, i) => SendAndEndAsync(way.From, Noise(i))));

        for (var i = 0; i < ways.Length; i++)
            (await received[i]).AsSpan().SequenceEqual(Noise(i)).ShouldBeTrue();
        _proxy.AcceptedConnections.ShouldBe(2);
        _proxy.BytesPassed(Direction.ToServer).ShouldBe(Noise(0).Length + Noise(2).Length);
        _proxy.BytesPassed(Direction.ToClient).ShouldBe(Noise(1).Length + Noise(3).Length);
        await Wait.UntilAsync(() => _proxy.OpenConnections == 0, "connections that both sides ended are closed");
    }

    [Fact]
    public async Task CutAll_OpenConnections_BothSidesSeeAResetAndNewOnesAreServed()
    {
        var first = await ConnectAsync();
        var second = await ConnectAsync();

        _proxy.CutAll();

        foreach (var socket in new[] { first.Client, first.Server, second.Client, second.Server })
            (await Should.ThrowAsync<SocketException>(() => ReceiveAsync(socket))).SocketErrorCode.ShouldBe(
                SocketError.ConnectionReset
            );
        var (client, server) = await ConnectAsync();
        await client.SendAsync("again"u8.ToArray(), Cancellation);
        (await ReceiveAsync(server)).ShouldBe("again"u8.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16 * 1024)]
    [InlineData(700_001)]
    public async Task CutAfter_SomeBytes_ExactlyTheseArrive(int bytes)
    {
        var (client, server) = await ConnectAsync();
        _proxy.CutAfter(Direction.ToClient, bytes);
        var receiving = ReceiveToEndAsync(client);

        // What the client said and nobody read must not take back what was on its way to it.
        await client.SendAsync("unread"u8.ToArray(), Cancellation);
        await Should.ThrowAsync<SocketException>(async () =>
        {
            await server.SendAsync(Noise(1), Cancellation);
            while (true)
                await server.SendAsync(Noise(2), Cancellation);
        });

        (await receiving).AsSpan().SequenceEqual(Noise(1).AsSpan(0, bytes)).ShouldBeTrue();
        _proxy.BytesPassed(Direction.ToClient).ShouldBe(bytes);
    }

    [Fact]
    public async Task CutAfter_OneConnectionCut_TheNextOneIsWhole()
    {
        var (client, server) = await ConnectAsync();
        _proxy.CutAfter(Direction.ToServer, 2);
        await client.SendAsync("abc"u8.ToArray(), Cancellation);
        (await ReceiveToEndAsync(server)).ShouldBe("ab"u8.ToArray());

        (client, server) = await ConnectAsync();
        await SendAndEndAsync(client, "abc"u8.ToArray());

        (await ReceiveToEndAsync(server)).ShouldBe("abc"u8.ToArray());
    }

    [Fact]
    public async Task Freeze_ThenThaw_NothingPassesBetweenAndNothingIsLost()
    {
        var (client, server) = await ConnectAsync();
        _proxy.Freeze();

        var sending = SendAndEndAsync(client, Noise(1));
        var receiving = ReceiveToEndAsync(server);
        var later = await ConnectAsync();
        await SendAndEndAsync(later.Client, Noise(2));
        await Task.Delay(Moment, Cancellation);

        _proxy.BytesPassed(Direction.ToServer).ShouldBe(0);
        later.Server.Available.ShouldBe(0);
        _proxy.Thaw();
        await sending;
        (await receiving).AsSpan().SequenceEqual(Noise(1)).ShouldBeTrue();
        (await ReceiveToEndAsync(later.Server)).AsSpan().SequenceEqual(Noise(2)).ShouldBeTrue();
    }

    [Fact]
    public async Task Delay_OneDirection_ItsBytesComeLaterAndAllAtTheSameRate()
    {
        var (client, server) = await ConnectAsync();
        _proxy.Delay(Direction.ToServer, Moment);
        var clock = Stopwatch.StartNew();

        await SendAndEndAsync(client, Noise(1));
        var received = await ReceiveToEndAsync(server);

        received.AsSpan().SequenceEqual(Noise(1)).ShouldBeTrue();
        clock.Elapsed.ShouldBeGreaterThanOrEqualTo(Moment);
        // Delayed one by one, the sixty packets would take twelve seconds.
        clock.Elapsed.ShouldBeLessThan(Moment * 30);
    }

    [Fact]
    public async Task Limit_BytesPerSecond_TakesAsLongAsThat()
    {
        var (client, server) = await ConnectAsync();
        _proxy.Limit(Direction.ToServer, 2_000_000);
        var clock = Stopwatch.StartNew();

        await SendAndEndAsync(client, Noise(1));
        var received = await ReceiveToEndAsync(server);

        received.AsSpan().SequenceEqual(Noise(1)).ShouldBeTrue();
        // A million bytes; the last piece goes out when its turn comes, not when it is over.
        clock.Elapsed.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(0.45));
    }

    [Fact]
    public async Task Refuses_NewConnection_IsClosedAndTheServerNeverSeesIt()
    {
        _proxy.Refuses = true;
        var client = Add(new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));

        // The reset may come before the connection is seen to stand.
        await Should.ThrowAsync<SocketException>(async () =>
        {
            await client.ConnectAsync(IPAddress.Loopback, _proxy.Port, Cancellation);
            await ReceiveAsync(client);
        });

        _server.Pending().ShouldBeFalse();
        _proxy.Refuses = false;
        await ConnectAsync();
    }

    [Fact]
    public async Task DisposeAsync_FrozenConnection_EndsIt()
    {
        var (client, server) = await ConnectAsync();
        _proxy.Freeze();
        await client.SendAsync(Noise(1).AsMemory(0, 1000), Cancellation);

        await _proxy.DisposeAsync();

        await Should.ThrowAsync<SocketException>(() => ReceiveAsync(client));
        await Should.ThrowAsync<SocketException>(() => ReceiveAsync(server));
    }

    private async Task<(Socket Client, Socket Server)> ConnectAsync()
    {
        var client = Add(new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await client.ConnectAsync(IPAddress.Loopback, _proxy.Port, Cancellation);
        return (client, Add(await _server.AcceptSocketAsync(Cancellation)));
    }

    private Socket Add(Socket socket)
    {
        _sockets.Add(socket);
        return socket;
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket)
    {
        var bytes = new byte[1000];
        return bytes[..await socket.ReceiveAsync(bytes, Cancellation)];
    }

    private static async Task<byte[]> ReceiveToEndAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket);
        using var received = new MemoryStream();
        await stream.CopyToAsync(received, Cancellation);
        return received.ToArray();
    }

    private static async Task SendAndEndAsync(Socket socket, byte[] bytes)
    {
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(bytes, Cancellation);
        socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>A million bytes, others for each seed.</summary>
    private static byte[] Noise(int seed)
    {
        var bytes = new byte[1_000_000];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
