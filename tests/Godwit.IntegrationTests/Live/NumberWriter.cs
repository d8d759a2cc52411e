using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live;

/// <summary>
/// A client that writes to one key the numbers from 1 on, each exactly once, so that a stream of changes shows by itself whether
/// anything of it was lost, doubled or put out of order. Every tenth number stands in a transaction.
/// </summary>
internal sealed class NumberWriter : IDisposable
{
    /// <summary>The key.</summary>
    public const string Key = "number";

    private readonly RespClient _client;

    public NumberWriter(RedisServer server) => _client = server.Connect();

    /// <summary>The last number that was written.</summary>
    public long Last { get; private set; }

    /// <summary>Writes so many more.</summary>
    public void Write(int count)
    {
        const int Pipeline = 100;
        for (var rest = count; rest > 0; rest -= Pipeline)
        {
            var commands = new List<object[]>();
            for (var i = 0; i < Math.Min(rest, Pipeline); i++)
            {
                Last++;
                if (Last % 10 == 0)
                    commands.AddRange([
                        ["MULTI"],
                        ["SET", Key, Last],
                        ["INCR", "transactions"],
                        ["EXEC"],
                    ]);
                else
                    commands.Add(["SET", Key, Last]);
            }

            _client.Pipeline(commands);
        }
    }

    /// <summary>Writes more and more until it is told to stop.</summary>
    public void WriteUntil(CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
            Write(500);
    }

    public void Dispose() => _client.Dispose();
}
