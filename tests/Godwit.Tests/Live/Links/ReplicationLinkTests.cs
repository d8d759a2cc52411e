using System.Collections.Concurrent;
using System.Text;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Live;
using Godwit.Live.Changes;
using Godwit.Live.Links;
using Godwit.Migration;
using Godwit.Tests.Live.Changes;

namespace Godwit.Tests.Live.Links;

public sealed class ReplicationLinkTests
{
    private const string Snapshot = "REDIS0011 is what a snapshot begins with, and these are the bytes behind it";
    private const string Mark = "0123456789abcdef0123456789abcdef01234567";
    private const long Start = 500;

    private static readonly string First = new('a', 40);
    private static readonly string Second = new('b', 40);

    private static readonly ReplicationLinkOptions Fast = new()
    {
        AcknowledgeInterval = TimeSpan.FromMilliseconds(5),
        FirstRetry = TimeSpan.FromMilliseconds(1),
    };

    private static readonly string FullResync = $"+FULLRESYNC {First} {Start}\r\n";
    private static readonly string Whole = $"{FullResync}${Snapshot.Length}\r\n{Snapshot}";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Follow_SnapshotWithItsLength_BothComeWholeAndAreAcknowledged()
    {
        var stream = StreamText.Of("SELECT 0", "SET k v", "PING");
        await using var primary = new FakePrimary(
            async (_, connection, stop) =>
            {
                await SendAsync(connection, Whole);
                await connection.WriteAsync(stream, stop);
                await Task.Delay(Timeout.Infinite, stop);
            }
        );
        await using var link = Link(primary);

        link.Start(from: null);
        var generation = await link.NextGenerationAsync(previous: null, Stop);

        (await SnapshotOfAsync(generation)).ShouldBe(Snapshot);
        generation.SnapshotLength.ShouldBe(Snapshot.Length);
        (await ChangesOfAsync(generation, 1)).ShouldBe(["0 SET k v"]);
        await UntilAsync(() => primary.Acknowledged.LastOrDefault() == Start + stream.Length);
        generation.TakenOffset.ShouldBe(Start + stream.Length);
        generation.RejoinFrom.ShouldBe(new StreamPosition(First, Start + stream.Length, 0));
        link.Status.Phase.ShouldBe(LinkPhase.Streaming);
        primary.Questions.ShouldBe(["PSYNC ? -1"]);
    }

    [Fact]
    public async Task Follow_Always_SaysNoAddressThatSentinelWouldTake()
    {
        await using var primary = new FakePrimary(
            async (_, connection, stop) =>
            {
                await SendAsync(connection, Whole);
                await Task.Delay(Timeout.Infinite, stop);
            }
        );
        await using var link = Link(primary);
        link.Start(from: null);
        await link.NextGenerationAsync(previous: null, Stop);

        primary
            .Words.Where(words => words.StartsWith("REPLCONF", StringComparison.Ordinal))
            .ShouldBe(["REPLCONF listening-port 65536", "REPLCONF capa eof capa psync2", "REPLCONF version 9.1.0"]);
    }

    [Fact]
    public async Task Follow_SnapshotWithAMark_EndsThereHoweverItComes()
    {
        var stream = Encoding.Latin1.GetString(StreamText.Of("SELECT 0", "SET k v"));
        // What looks like the mark's beginning is a part of the snapshot.
        var snapshot = Snapshot + Mark[..^1] + Snapshot + Mark[..7];
        var bytes = Encoding.Latin1.GetBytes(snapshot + Mark + stream);
        for (var cut = snapshot.Length - 3; cut <= bytes.Length; cut++)
        {
            await using var primary = new FakePrimary(
                async (_, connection, stop) =>
                {
                    await SendAsync(connection, $"\n{FullResync}\n\n$EOF:{Mark}\r\n");
                    await connection.WriteAsync(bytes.AsMemory(0, cut), stop);
                    await Task.Yield();
                    await connection.WriteAsync(bytes.AsMemory(cut), stop);
                    await Task.Delay(Timeout.Infinite, stop);
                }
            );
            await using var link = Link(primary);

            link.Start(from: null);
            var generation = await link.NextGenerationAsync(previous: null, Stop);

            (await SnapshotOfAsync(generation)).ShouldBe(snapshot, $"cut at {cut}");
            generation.SnapshotLength.ShouldBeNull();
            (await ChangesOfAsync(generation, 1)).Single().ShouldBe("0 SET k v", $"cut at {cut}");
        }
    }

    [Fact]
    public async Task Follow_WhileTheSnapshotComes_LineFeedsAndNoAcknowledgements()
    {
        var rest = new TaskCompletionSource();
        await using var primary = new FakePrimary(
            async (_, connection, stop) =>
            {
                await SendAsync(connection, $"{FullResync}$EOF:{Mark}\r\n{Snapshot}");
                await rest.Task;
                await SendAsync(connection, Mark);
                await Task.Delay(Timeout.Infinite, stop);
            }
        );
        await using var link = Link(primary);
        link.Start(from: null);

        await UntilAsync(() => Volatile.Read(ref primary.LineFeeds) > 3);
        primary.Acknowledged.ShouldBeEmpty();
        rest.SetResult();
        await UntilAsync(() => !primary.Acknowledged.IsEmpty);

        primary.Acknowledged.ShouldAllBe(offset => offset == Start);
    }

    [Fact]
    public async Task Follow_Asked_AnswersAtOnce()
    {
        var question = StreamText.Of("SET k v", "REPLCONF GETACK *");
        await using var primary = new FakePrimary(
            async (_, connection, stop) =>
            {
                await SendAsync(connection, Whole);
                await connection.WriteAsync(question, stop);
                await Task.Delay(Timeout.Infinite, stop);
            }
        );
        await using var link = Link(primary, Fast with { AcknowledgeInterval = TimeSpan.FromDays(1) });
        link.Start(from: null);

        await UntilAsync(() => primary.Acknowledged.Contains(Start + question.Length));
    }

    [Fact]
    public async Task Follow_ConnectionLostAtAnyByte_GoesOnWithoutLossOrRepetition()
    {
        var stream = StreamText.Of("SELECT 1", "INCR a", "MULTI", "INCR b", "EXEC", "PING", "INCR c");
        string[] expected = ["1 INCR a", "Begin: 1 MULTI", "Inside: 1 INCR b", "End: 1 EXEC", "1 INCR c"];
        for (var cut = 0; cut <= stream.Length; cut++)
        {
            await using var primary = new FakePrimary(
                async (join, connection, stop) =>
                {
                    if (join == 1)
                    {
                        await SendAsync(connection, Whole);
                        await connection.WriteAsync(stream.AsMemory(0, cut), stop);
                        return;
                    }

                    await SendAsync(connection, "+CONTINUE\r\n");
                    await connection.WriteAsync(stream.AsMemory(cut), stop);
                    await Task.Delay(Timeout.Infinite, stop);
                }
            );
            await using var link = Link(primary);
            link.Start(from: null);
            var generation = await link.NextGenerationAsync(previous: null, Stop);

            (await SnapshotOfAsync(generation)).ShouldBe(Snapshot);
            string.Join('|', await ChangesOfAsync(generation, expected.Length))
                .ShouldBe(string.Join('|', expected), $"cut at {cut}");
            // Where all had come before the cut, it is joined again behind that.
            await UntilAsync(() => primary.Questions.Count == 2);
            primary.Questions.ShouldBe(["PSYNC ? -1", $"PSYNC {First} {Start + cut + 1}"]);
            generation.TakenOffset.ShouldBe(Start + stream.Length);
        }
    }

    [Fact]
    public async Task Follow_AnotherServerTookOver_GoesOnUnderItsName()
    {
        var (one, two) = (StreamText.Of("SELECT 0", "SET a 1"), StreamText.Of("SET b 2"));
        await using var primary = new FakePrimary(
            async (join, connection, stop) =>
            {
                await SendAsync(connection, join == 1 ? Whole : $"+CONTINUE {Second}\r\n");
                await connection.WriteAsync(join == 1 ? one : two, stop);
                if (join < 3)
                    return;
                await Task.Delay(Timeout.Infinite, stop);
            }
        );
        await using var link = Link(primary);
        link.Start(from: null);
        var generation = await link.NextGenerationAsync(previous: null, Stop);

        (await ChangesOfAsync(generation, 3)).ShouldBe(["0 SET a 1", "0 SET b 2", "0 SET b 2"]);

        primary.Questions.ShouldBe([
            "PSYNC ? -1",
            $"PSYNC {First} {Start + one.Length + 1}",
            $"PSYNC {Second} {Start + one.Length + two.Length + 1}",
        ]);
        generation.ReplicationId.ShouldBe(Second);
        generation.Number.ShouldBe(1);
    }

    [Fact]
    public async Task Follow_SourceHasLostItsHistory_ANewGenerationBegins()
    {
        await using var primary = new FakePrimary(
            async (join, connection, stop) =>
            {
                await SendAsync(connection, join == 1 ? Whole : $"+FULLRESYNC {Second} 7\r\n$3\r\nnew");
                await connection.WriteAsync(StreamText.Of("SELECT 0", $"SET k {join}"), stop);
                if (join == 1)
                    return;
                await Task.Delay(Timeout.Infinite, stop);
            }
        );
        await using var link = Link(primary);
        link.Start(from: null);
        var first = await link.NextGenerationAsync(previous: null, Stop);
        if (first.Number == 1)
            await UntilAsync(() => link.Status.Generation == 2);

        var second = first.Number == 2 ? first : await link.NextGenerationAsync(first, Stop);

        second.Number.ShouldBe(2);
        second.StartOffset.ShouldBe(7);
        second.ReplicationId.ShouldBe(Second);
        (await SnapshotOfAsync(second)).ShouldBe("new");
        (await ChangesOfAsync(second, 1)).ShouldBe(["0 SET k 2"]);
    }

    [Fact]
    public async Task Follow_NewGeneration_ReadersOfTheOldOneAreTold()
    {
        var goOn = new TaskCompletionSource();
        await using var primary = new FakePrimary(
            async (join, connection, stop) =>
            {
                await SendAsync(connection, join == 1 ? Whole : $"+FULLRESYNC {Second} 7\r\n$3\r\nnew");
                if (join == 1)
                    await goOn.Task;
                else
                    await Task.Delay(Timeout.Infinite, stop);
            }
        );
        await using var link = Link(primary);
        link.Start(from: null);
        var first = await link.NextGenerationAsync(previous: null, Stop);
        await SnapshotOfAsync(first);
        var reading = ChangesOfAsync(first, 1);

        goOn.SetResult();

        await Should.ThrowAsync<LinkSupersededException>(reading);
        await Should.ThrowAsync<LinkSupersededException>(() => SnapshotOfAsync(first));
        (await SnapshotOfAsync(await link.NextGenerationAsync(first, Stop))).ShouldBe("new");
    }

    [Theory]
    [InlineData("$9999\r\nREDIS")]
    [InlineData("$EOF:0123456789abcdef0123456789abcdef01234567\r\nREDIS0123456789abcdef")]
    [InlineData("-ERR BGSAVE failed, replication can't continue\r\n")]
    [InlineData("")]
    public async Task Follow_SnapshotBreaksOff_AnotherOneIsAskedFor(string broken)
    {
        await using var primary = new FakePrimary(
            async (join, connection, stop) =>
            {
                await SendAsync(connection, join == 1 ? FullResync + broken : $"+FULLRESYNC {Second} 7\r\n$3\r\nnew");
                if (join > 1)
                    await Task.Delay(Timeout.Infinite, stop);
            }
        );
        await using var link = Link(primary);
        link.Start(from: null);
        await UntilAsync(() => link.Status.Generation == 2);

        (await SnapshotOfAsync(await link.NextGenerationAsync(previous: null, Stop))).ShouldBe("new");
        primary.Questions.ShouldBe(["PSYNC ? -1", "PSYNC ? -1"]);
        link.Status.LastError.ShouldNotBeNull();
    }

    [Fact]
    public async Task Follow_FromAKnownPlace_NoSnapshotComes()
    {
        await using var primary = new FakePrimary(
            async (_, connection, stop) =>
            {
                await SendAsync(connection, "+CONTINUE\r\n");
                await connection.WriteAsync(StreamText.Of("SET k v"), stop);
                await Task.Delay(Timeout.Infinite, stop);
            }
        );
        await using var link = Link(primary);
        link.Start(new StreamPosition(First, 1234, 3));
        var generation = await link.NextGenerationAsync(previous: null, Stop);

        generation.Snapshot.ShouldBeNull();
        generation.StartOffset.ShouldBe(1234);
        (await ChangesOfAsync(generation, 1, database: 3)).ShouldBe(["3 SET k v"]);
        primary.Questions.ShouldBe([$"PSYNC {First} 1235"]);
    }

    [Fact]
    public async Task Follow_KnownPlaceIsGone_ASnapshotComes()
    {
        await using var primary = new FakePrimary(
            async (_, connection, stop) =>
            {
                await SendAsync(connection, Whole);
                await Task.Delay(Timeout.Infinite, stop);
            }
        );
        await using var link = Link(primary);
        link.Start(new StreamPosition(Second, 1234, 3));

        var generation = await link.NextGenerationAsync(previous: null, Stop);

        (await SnapshotOfAsync(generation)).ShouldBe(Snapshot);
        generation.StartOffset.ShouldBe(Start);
    }

    [Theory]
    [InlineData("-LOADING the dataset in memory\r\n")]
    [InlineData("-NOMASTERLINK Can't SYNC while not connected with my master\r\n")]
    public async Task Follow_SourceCannotNow_IsAskedAgain(string answer)
    {
        await using var primary = new FakePrimary(
            async (join, connection, stop) =>
            {
                await SendAsync(connection, join < 3 ? answer : Whole);
                if (join == 3)
                    await Task.Delay(Timeout.Infinite, stop);
            }
        );
        await using var link = Link(primary);
        link.Start(from: null);

        (await SnapshotOfAsync(await link.NextGenerationAsync(previous: null, Stop))).ShouldBe(Snapshot);
    }

    [Fact]
    public async Task Follow_SourceRefuses_EveryReaderIsTold()
    {
        await using var primary = new FakePrimary(
            async (join, connection, _) =>
                await SendAsync(connection, join == 1 ? Whole : "-NOPERM this user may not\r\n")
        );
        await using var link = Link(primary);
        link.Start(from: null);
        var generation = await link.NextGenerationAsync(previous: null, Stop);

        var error = await Should.ThrowAsync<RefusedException>(ChangesOfAsync(generation, 1));

        (await Should.ThrowAsync<RefusedException>(link.NextGenerationAsync(generation, Stop))).ShouldBeSameAs(error);
        link.Status.Phase.ShouldBe(LinkPhase.Ended);
    }

    [Fact]
    public async Task Follow_NobodyThereAtFirst_IsSaidAtOnce()
    {
        var primary = new FakePrimary((_, _, _) => Task.CompletedTask);
        await primary.DisposeAsync();
        await using var link = Link(primary, endpoint: new() { Host = "127.0.0.1", Port = 1 });
        link.Start(from: null);

        await Should.ThrowAsync<ConnectionException>(link.NextGenerationAsync(previous: null, Stop));
    }

    [Fact]
    public async Task Follow_SourceIsSilent_IsJoinedAgain()
    {
        await using var primary = new FakePrimary(
            async (join, connection, stop) =>
            {
                await SendAsync(connection, join == 1 ? Whole : "+CONTINUE\r\n");
                await Task.Delay(Timeout.Infinite, stop);
            }
        );
        await using var link = Link(
            primary,
            Fast with
            {
                Connection = new ConnectionOptions { ReplyTimeout = TimeSpan.FromMilliseconds(200) },
            }
        );
        link.Start(from: null);

        await UntilAsync(() => primary.Questions.Count > 1);

        link.Status.LastError!.ShouldContain("silent");
    }

    private static ReplicationLink Link(
        FakePrimary primary,
        ReplicationLinkOptions? options = null,
        Godwit.Endpoints.RedisEndpoint? endpoint = null
    ) =>
        new(
            _ => ValueTask.FromResult(endpoint ?? primary.Endpoint),
            directory: null,
            options ?? Fast,
            TimeProvider.System,
            new Lines()
        );

    private static async Task SendAsync(Stream connection, string text) =>
        await connection.WriteAsync(Encoding.Latin1.GetBytes(text), Stop);

    private static async Task<string> SnapshotOfAsync(LinkGeneration generation)
    {
        var text = new StringBuilder();
        var buffer = new byte[1000];
        while (await generation.ReadSnapshotAsync(buffer, Stop) is var count and > 0)
            text.Append(Encoding.Latin1.GetString(buffer, 0, count));
        return text.ToString();
    }

    private static async Task<List<string>> ChangesOfAsync(LinkGeneration generation, int count, int database = 0)
    {
        var budget = new BufferBudget(16 * EntryBatch.DefaultBufferSize);
        using var reader = new ChangeReader(generation, generation.StartOffset, database, budget);
        var lines = new List<string>();
        await foreach (var batch in reader.ReadAsync(Stop))
        {
            using (batch)
                lines.AddRange(ChangeText.Of(batch));
            if (lines.Count >= count)
                break;
        }

        return lines;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        while (!condition())
            await Task.Delay(1, patience.Token);
    }

    private sealed class Lines : IMigrationLog
    {
        private readonly ConcurrentQueue<string> _lines = [];

        public void Info(string message) => _lines.Enqueue(message);

        public void Warn(string message) => _lines.Enqueue(message);
    }
}
