using System.Text;
using Godwit.Batches;
using Godwit.Live;
using Godwit.Live.Changes;
using Godwit.Protocol;

namespace Godwit.Tests.Live.Changes;

public sealed class ChangeReaderTests : IDisposable
{
    private const int Unit = EntryBatch.DefaultBufferSize;

    private readonly FakeStream _stream = new(startOffset: 1000);
    private readonly BufferBudget _budget = new(64 * Unit);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _stream.Dispose();

    [Fact]
    public async Task Read_WhatIsThere_ComesInOneBatchAtOnce()
    {
        await _stream.SendAsync("SELECT 3", "SET k v", "PING", "set l w", "SELECT 0", "FOO.BAR x", "REPLCONF GETACK *");

        using var batch = await FirstAsync();

        ChangeText.Of(batch).ShouldBe(["3 SET k v", "3 set l w", "0 FOO.BAR x"]);
        batch.Changes[0].Command!.Name.ShouldBe("SET");
        batch.Changes[1].Command!.Name.ShouldBe("SET");
        batch.Changes[2].Command.ShouldBeNull();
        batch.StartOffset.ShouldBe(1000);
        batch.EndOffset.ShouldBe(1000 + _stream.Bytes.Written);
        batch.EndPosition.ShouldBe(new StreamPosition(_stream.ReplicationId, batch.EndOffset, 0));
        batch.ArrivedAt.ShouldBe(1001);
    }

    [Fact]
    public async Task Read_EveryChange_SaysItsOffsets()
    {
        string[] commands = ["SELECT 1", "SET k v", "PING", "DEL k"];
        await _stream.SendAsync(commands);
        var ends = commands.Select((_, i) => 1000L + StreamText.Of(commands[..(i + 1)]).Length).ToArray();

        using var batch = await FirstAsync();

        batch
            .Changes.ToArray()
            .Select(change => (change.StartOffset, change.EndOffset))
            .ShouldBe([(ends[0], ends[1]), (ends[2], ends[3])]);
    }

    [Fact]
    public async Task Read_PingAlone_MovesThePosition()
    {
        await _stream.SendAsync("PING");

        using var batch = await FirstAsync();

        batch.Count.ShouldBe(0);
        batch.EndOffset.ShouldBe(1000 + _stream.Bytes.Written);
    }

    [Fact]
    public async Task Read_FromAPlaceWithItsDatabase_GoesOnThere()
    {
        await _stream.SendAsync("SELECT 5", "SET a 1");
        var place = 1000 + _stream.Bytes.Written;
        await _stream.SendAsync("SET b 2");

        using var batch = await FirstAsync(place, database: 5);

        ChangeText.Of(batch).ShouldBe(["5 SET b 2"]);
        batch.StartOffset.ShouldBe(place);
    }

    [Fact]
    public async Task Read_CutAnywhere_GivesTheSame()
    {
        string[] commands = ["SELECT 2", "MULTI", "SET a 1", "SELECT 1", "DEL b", "EXEC", "INCR c", "PING"];
        string[] expected = ["Begin: 2 MULTI", "Inside: 2 SET a 1", "Inside: 1 DEL b", "End: 1 EXEC", "1 INCR c"];
        var bytes = StreamText.Of(commands);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            using var stream = new FakeStream();
            using var reader = new ChangeReader(stream, 0, 0, _budget);
            var lines = new List<string>();
            await using var batches = reader.ReadAsync(Stop).GetAsyncEnumerator(Stop);
            await stream.Bytes.WriteAsync(bytes.AsMemory(0, cut), Stop);
            var next = batches.MoveNextAsync();
            while (next.IsCompleted && stream.Bytes.Unread == 0)
            {
                (await next).ShouldBeTrue();
                lines.AddRange(Take(batches.Current));
                next = batches.MoveNextAsync();
            }

            await stream.Bytes.WriteAsync(bytes.AsMemory(cut), Stop);
            stream.Bytes.Complete();
            while (await next)
            {
                lines.AddRange(Take(batches.Current));
                next = batches.MoveNextAsync();
            }

            string.Join('|', lines).ShouldBe(string.Join('|', expected), $"cut at {cut}");
        }

        _budget.Used.ShouldBe(0);
    }

    [Fact]
    public async Task Read_UnfinishedGroup_WaitsAndWhatCameBeforeDoesNot()
    {
        await _stream.SendAsync("SET a 1", "MULTI", "SET b 2");
        using var reader = new ChangeReader(_stream, 1000, 0, _budget);
        await using var batches = reader.ReadAsync(Stop).GetAsyncEnumerator(Stop);

        (await batches.MoveNextAsync()).ShouldBeTrue();
        Take(batches.Current).ShouldBe(["0 SET a 1"]);
        var rest = batches.MoveNextAsync().AsTask();
        await Task.Delay(20, Stop);
        rest.IsCompleted.ShouldBeFalse();
        await _stream.SendAsync("EXEC", "SET c 3");

        (await rest).ShouldBeTrue();
        Take(batches.Current).ShouldBe(["Begin: 0 MULTI", "Inside: 0 SET b 2", "End: 0 EXEC", "0 SET c 3"]);
    }

    [Fact]
    public async Task Read_MoreThanABuffer_IsCutBetweenGroups()
    {
        var commands = new List<string>();
        for (var i = 0; i < 300; i++)
        {
            var value = new string('v', 1000 + i);
            commands.AddRange(
                i % 3 == 0 ? [$"SET k{i} {value}"] : ["MULTI", $"SET k{i} {value}", $"INCR c{i}", "EXEC"]
            );
        }

        await _stream.SendAsync(commands);
        _stream.Bytes.Complete();
        using var reader = new ChangeReader(_stream, 1000, 0, _budget);
        var (lines, count, end) = (new List<string>(), 0, 1000L);
        await foreach (var batch in reader.ReadAsync(Stop))
        {
            batch.StartOffset.ShouldBe(end);
            batch.EndsInGroup.ShouldBeFalse();
            batch.Changes[^1].Group.ShouldBeOneOf(GroupPlace.None, GroupPlace.End);
            (end, count) = (batch.EndOffset, count + 1);
            lines.AddRange(Take(batch));
        }

        count.ShouldBeGreaterThan(1);
        end.ShouldBe(1000 + _stream.Bytes.Written);
        lines.Select(WordsOf).ShouldBe(commands);
    }

    [Fact]
    public async Task Read_GroupLargerThanAllowed_ComesInMarkedParts()
    {
        var sets = Enumerable.Range(0, 1000).Select(i => $"SET k{i} {new string('v', 1000)}").ToList();
        await _stream.SendAsync(["SET before 1", "MULTI", .. sets, "EXEC", "SET behind 1"]);
        _stream.Bytes.Complete();
        using var reader = new ChangeReader(_stream, 1000, 0, _budget, maxGroupBytes: 2 * Unit);
        var (lines, marks) = (new List<string>(), new List<bool>());
        await foreach (var batch in reader.ReadAsync(Stop))
        {
            marks.Add(batch.EndsInGroup);
            (batch.EndPosition is null).ShouldBe(batch.EndsInGroup);
            lines.AddRange(Take(batch));
        }

        lines.Select(WordsOf).ShouldBe(["SET before 1", "MULTI", .. sets, "EXEC", "SET behind 1"]);
        lines.Count(line => line.StartsWith("Inside:", StringComparison.Ordinal)).ShouldBe(1000);
        marks.Count(mark => mark).ShouldBeGreaterThanOrEqualTo(1);
        marks[^1].ShouldBeFalse();
    }

    [Fact]
    public async Task Read_ValueLargerThanABuffer_ComesWhole()
    {
        var value = new string('v', 3 * Unit);
        await _stream.SendAsync("SET a 1", $"SET k {value}", "SET b 2");
        _stream.Bytes.Complete();
        using var reader = new ChangeReader(_stream, 1000, 0, _budget);

        var lines = new List<string>();
        await foreach (var batch in reader.ReadAsync(Stop))
            lines.AddRange(Take(batch));

        lines.ShouldBe(["0 SET a 1", $"0 SET k {value}", "0 SET b 2"]);
        _budget.Used.ShouldBeLessThanOrEqualTo(8 * Unit);
    }

    [Theory]
    [InlineData("SET a 1|EXEC", "MULTI before EXEC")]
    [InlineData("SET a 1|MULTI|MULTI", "EXEC before the next MULTI")]
    [InlineData("SET a 1|SELECT x", "a database's number")]
    [InlineData("SET a 1|SELECT -1", "a database's number")]
    [InlineData("SET a 1|SELECT", "a database's number")]
    public async Task Read_NoStreamOfChanges_HandsOutWhatCameBeforeAndSaysWhere(string commands, string expected)
    {
        await _stream.SendAsync(commands.Split('|'));
        using var reader = new ChangeReader(_stream, 1000, 0, _budget);
        var lines = new List<string>();

        var error = await Should.ThrowAsync<ProtocolException>(async () =>
        {
            await foreach (var batch in reader.ReadAsync(Stop))
                lines.AddRange(Take(batch));
        });

        lines.ShouldBe(["0 SET a 1"]);
        error.Expected.ShouldContain(expected);
        error.Offset.ShouldBeGreaterThan(1000);
    }

    [Fact]
    public async Task Read_Garbage_SaysTheOffsetInTheStream()
    {
        var first = StreamText.Of("SET a 1");
        await _stream.Bytes.WriteAsync(first, Stop);
        await _stream.Bytes.WriteAsync(Encoding.ASCII.GetBytes("\r\n"), Stop);
        using var reader = new ChangeReader(_stream, 1000, 0, _budget);

        var error = await Should.ThrowAsync<ProtocolException>(async () =>
        {
            await foreach (var batch in reader.ReadAsync(Stop))
                batch.Dispose();
        });

        error.Offset.ShouldBe(1000 + first.Length);
    }

    [Fact]
    public async Task Read_ASecondTime_FromWhatTheSpoolHasKept()
    {
        await _stream.SendAsync("SET a 1");
        (await FirstAsync()).Dispose();
        await _stream.SendAsync("SET b 2");

        using var again = await FirstAsync();

        ChangeText.Of(again).ShouldBe(["0 SET a 1", "0 SET b 2"]);
    }

    [Fact]
    public async Task Read_SourceGoesOnUnderAnotherName_BatchesSayTheNewOne()
    {
        await _stream.SendAsync("SET a 1");
        _stream.ReplicationId = new string('b', 40);

        using var batch = await FirstAsync();

        batch.EndPosition!.Value.ReplicationId.ShouldBe(new string('b', 40));
    }

    private static string WordsOf(string line)
    {
        var text = line.Contains(": ", StringComparison.Ordinal)
            ? line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..]
            : line;
        return text[(text.IndexOf(' ', StringComparison.Ordinal) + 1)..];
    }

    private static List<string> Take(ChangeBatch batch)
    {
        using (batch)
            return ChangeText.Of(batch);
    }

    private async Task<ChangeBatch> FirstAsync(long offset = 1000, int database = 0)
    {
        using var reader = new ChangeReader(_stream, offset, database, _budget);
        await foreach (var batch in reader.ReadAsync(Stop))
            return batch;
        throw new InvalidOperationException("The stream has ended.");
    }
}
