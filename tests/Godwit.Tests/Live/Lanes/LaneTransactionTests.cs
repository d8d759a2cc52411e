using System.Text;
using Godwit.Live.Lanes;
using Godwit.Live.Positions;
using Godwit.Tests.Live.Changes;

namespace Godwit.Tests.Live.Lanes;

public sealed class LaneTransactionTests
{
    // The command that stores it.
    private const int Record = 1;

    [Fact]
    public void Add_PlainSetsInARow_AreOneCommand()
    {
        var transaction = Of(merges: true, (0, "SET a 1"), (0, "set b 2"), (0, "SET a 3"));

        Commands(transaction).ShouldBe(["MULTI", "SELECT 0", "MSET a 1 b 2 a 3"]);
        transaction.Commands.ShouldBe(2 + Record);
        transaction.StepsOf(0).ShouldBeEmpty();
        transaction.StepsOf(1).ShouldBe([0, 1, 2]);
    }

    [Theory]
    [InlineData("SET a 1 EX 10")]
    [InlineData("SET a 1 KEEPTTL")]
    [InlineData("INCR a")]
    [InlineData("GET a b")]
    [InlineData("SETEX a 1 b")]
    public void Add_AnyOtherCommandBetween_KeepsTheirOrder(string between)
    {
        var transaction = Of(merges: true, (0, "SET a 1"), (0, "SET b 2"), (0, between), (0, "SET a 3"));

        Commands(transaction).ShouldBe(["MULTI", "SELECT 0", "MSET a 1 b 2", between, "SET a 3"]);
        transaction.StepsOf(1).ShouldBe([0, 1]);
        transaction.StepsOf(2).ShouldBe([2]);
        transaction.StepsOf(3).ShouldBe([3]);
    }

    [Fact]
    public void Add_SetsOfOtherDatabases_AreCommandsOfTheirOwn()
    {
        var transaction = Of(merges: true, (0, "SET a 1"), (2, "SET a 2"), (2, "SET b 2"), (0, "SET b 1"));

        Commands(transaction)
            .ShouldBe(["MULTI", "SELECT 0", "SET a 1", "SELECT 2", "MSET a 2 b 2", "SELECT 0", "SET b 1"]);
    }

    [Fact]
    public void Add_WhereNothingIsMerged_LeavesEachAsItCame()
    {
        var transaction = Of(merges: false, (0, "SET a 1"), (0, "SET b 2"));

        Commands(transaction).ShouldBe(["MULTI", "SELECT 0", "SET a 1", "SET b 2"]);
        transaction.StepsOf(2).ShouldBe([1]);
    }

    [Fact]
    public void Length_OfSetsThatWaitForTheNext_CountsThem()
    {
        var transaction = new LaneTransaction { MergesSets = true };
        transaction.Begin(NoChanges.Instance);
        var empty = transaction.Length;

        transaction.Add(Step(0, "SET a 1", 0));

        transaction.Length.ShouldBe(empty + StreamText.Command("SET a 1").Length);
    }

    private static LaneTransaction Of(bool merges, params (int Database, string Command)[] steps)
    {
        var transaction = new LaneTransaction { MergesSets = merges };
        transaction.Begin(NoChanges.Instance);
        for (var i = 0; i < steps.Length; i++)
            transaction.Add(Step(steps[i].Database, steps[i].Command, i));
        var record = new PositionRecord
        {
            Job = "job",
            Sequence = 1,
            ReplicationId = new string('a', 40),
            Applied = 0,
            Sent = 0,
            Database = 0,
            HasSnapshot = true,
        };
        transaction.End("record"u8.ToArray(), steps[^1].Database, record, default);
        return transaction;
    }

    private static LaneStep Step(int database, string command, int index) =>
        new(LaneAction.Apply, database, StreamText.Command(command), index + 1, database, EndsGroup: true, index);

    // Without the record, which comes last.
    private static List<string> Commands(LaneTransaction transaction)
    {
        var words = Encoding.Latin1.GetString(transaction.Body.Span).Split("\r\n");
        var commands = new List<string>();
        for (var i = 0; words[i].Length > 0; )
        {
            var count = int.Parse(words[i][1..], System.Globalization.CultureInfo.InvariantCulture);
            commands.Add(string.Join(' ', Enumerable.Range(0, count).Select(word => words[i + 2 + (2 * word)])));
            i += 1 + (2 * count);
        }

        return commands[..^1];
    }
}
