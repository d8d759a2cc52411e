using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol.Resp;
using Godwit.Targets.Redis;

namespace Godwit.Benchmarks;

/// <summary>A million replies of <c>+OK</c>: read token by token, and settled as the program does it, connection and all.</summary>
public class ReplyBenchmarks
{
    private const int Replies = 1_000_000;

    private readonly byte[] _replies = CreateReplies();
    private Socket _socket = null!;
    private MemoryStream _stream = null!;
    private Transport _transport = null!;
    private RespInput _input = null!;
    private DeadLetters _deadLetters = null!;
    private ReplySettler _settler = null!;
    private PendingBatch _pending = null!;

    [GlobalSetup]
    public void Create()
    {
        var endpoint = new RedisEndpoint { Host = "127.0.0.1" };
        // Nothing is sent through it: what is read comes out of memory.
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _stream = new MemoryStream(_replies);
        _transport = new Transport(_socket, _stream, endpoint);
        _transport.WatchSilence(TimeSpan.FromMinutes(1), TimeProvider.System);
        _input = new RespInput(_transport, endpoint, new ConnectionOptions());
        _deadLetters = new DeadLetters(Path.Combine(Path.GetTempPath(), "none.ndjson"), limit: 0);
        var options = new RedisTargetOptions
        {
            Write = WriteMode.Auto,
            OnExisting = OnExisting.Fail,
            Database = null,
            SeveralSources = false,
            Connections = 1,
        };
        _settler = new ReplySettler(endpoint, options, new NoDuplicateCheck());
        _pending = new PendingBatch(new EntryBatch { Account = new Ledger(_deadLetters, default).Open(source: null) });
        for (var i = 0; i < Replies; i++)
            _pending.Add(new Step(StepKind.Restore, i));
    }

    [GlobalCleanup]
    public async Task DisposeAsync()
    {
        _pending.Dispose();
        _deadLetters.Dispose();
        _input.Dispose();
        await _transport.DisposeAsync();
        await _stream.DisposeAsync();
        _socket.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Replies)]
    public long ReadTokens()
    {
        var reader = new RespReader(_replies);
        var count = 0L;
        while (reader.TryRead(out var token))
            count += token.Kind == RespKind.SimpleString ? 1 : 0;
        return count;
    }

    [Benchmark(OperationsPerInvoke = Replies)]
    public async Task Settle()
    {
        _stream.Position = 0;
        await _settler.SettleAsync(_input, _pending, CancellationToken.None);
    }

    private static byte[] CreateReplies()
    {
        var reply = "+OK\r\n"u8;
        var replies = new byte[Replies * reply.Length];
        for (var i = 0; i < Replies; i++)
            reply.CopyTo(replies.AsSpan(i * reply.Length));
        return replies;
    }
}
