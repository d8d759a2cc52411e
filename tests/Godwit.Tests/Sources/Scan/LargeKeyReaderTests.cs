using System.Globalization;
using Godwit.Batches;
using Godwit.Migration;
using Godwit.Tests.Migration;

namespace Godwit.Tests.Sources.Scan;

/// <summary>Keys that are read in pieces, of a source that does not hold still.</summary>
public sealed class LargeKeyReaderTests : MigrationTest
{
    private const string Key = "big";
    private const long Far = 99_999_999_999_999;
    private const string WrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

    // A page of a list is 2000 elements.
    private const int Page = 2000;

    private int _attempts;

    [Fact]
    public async Task Read_ListBecomesShorterBetweenPieces_IsReadAnew()
    {
        Serve(
            "list",
            command =>
                command.Name switch
                {
                    "LLEN" => $":{2 * Page}\r\n",
                    "LRANGE" when _attempts == 1 && command.Words[2] != "0" => "*0\r\n",
                    "LRANGE" => Strings(Page),
                    "EXEC" when _attempts == 1 => "*-1\r\n",
                    _ => null,
                }
        );

        var report = await RunAsync();

        report.Failure.ShouldBeNull();
        report.Keys.ShouldBe(new KeyCounts(1, 0, 0, 0, 0));
        _attempts.ShouldBe(2);
    }

    [Fact]
    public async Task Read_KeyBecomesAStringBetweenPieces_IsReadAnew()
    {
        Serve(
            "list",
            command =>
                (command.Name, _attempts) switch
                {
                    ("LLEN", _) => $":{2 * Page}\r\n",
                    ("LRANGE", _) when command.Words[2] != "0" => WrongType,
                    ("LRANGE", _) => Strings(Page),
                    ("TYPE", 2) => "+string\r\n",
                    ("STRLEN", _) => ":5\r\n",
                    _ => null,
                }
        );

        var report = await RunAsync();

        report.Failure.ShouldBeNull();
        report.Keys.ShouldBe(new KeyCounts(1, 0, 0, 0, 0));
        Target.Text(Key).ShouldBe("value");
    }

    [Fact]
    public async Task Read_KeyBecomesAStreamBeforeTheFirstPiece_IsReadByDump()
    {
        Serve("list", command => command.Name == "TYPE" && _attempts > 0 ? "+stream\r\n" : null);

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(1, 0, 0, 0, 0));
        Target.Log.IndexOf($"RESTORE {Key}").ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Read_TimeOfAFieldEndsBetweenTheQuestions_ItIsLeftOut()
    {
        Serve(
            "hash",
            command =>
                command.Name switch
                {
                    "HSCAN" when command.Words[2] == "0" =>
                        "*2\r\n$1\r\n1\r\n*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n",
                    "HSCAN" => "*2\r\n$1\r\n0\r\n*2\r\n$1\r\nc\r\n$1\r\n3\r\n",
                    "HPEXPIRETIME" when command.Words[4] == "a" => "*2\r\n:-2\r\n:-1\r\n",
                    "HPEXPIRETIME" => "*1\r\n:-2\r\n",
                    _ => null,
                }
        );
        var fields = new List<string>();
        TakeValues("HSET", command => fields.AddRange(command.Words.Skip(2)));

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(1, 0, 0, 0, 0));
        fields.ShouldBe(["b", "2"]);
    }

    [Theory]
    [InlineData(OnExisting.Fail)]
    [InlineData(OnExisting.Skip)]
    [InlineData(OnExisting.Replace)]
    internal async Task Read_ScanGivesALargeKeyTwice_ItCountsOnce(OnExisting policy)
    {
        Serve("string", command => command.Name == "STRLEN" ? ":5\r\n" : null);
        Source.ScanRounds =
        [
            [Key],
            [Key],
        ];

        var report = await RunAsync(options => options with { OnExisting = policy });

        report.Keys.ShouldBe(new KeyCounts(1, 0, 0, 0, 0));
        Target.Text(Key).ShouldBe("value");
    }

    // All that there is of the value is on its way before the target says that it has such a key.
    [Fact]
    public async Task Read_KeyChangesAndTheTargetKeepsItsOwn_IsSettledOnce()
    {
        var hasChanged = new TaskCompletionSource();
        Serve(
            "string",
            command =>
            {
                if (command.Name == "EXEC")
                    hasChanged.TrySetResult();
                return command.Name switch
                {
                    "STRLEN" => ":5\r\n",
                    "EXEC" => "*-1\r\n",
                    _ => null,
                };
            }
        );
        Target.Set(Key, "theirs");
        Target.Intercept = command =>
        {
            if (command is { Name: "EXISTS", Key: Key })
                hasChanged.Task.Wait(TimeSpan.FromMinutes(1));
            return null;
        };

        var report = await RunAsync(options => options with { OnExisting = OnExisting.Skip });

        report.Keys.ShouldBe(new KeyCounts(0, Skipped: 1, 0, 0, 0));
        Target.Text(Key).ShouldBe("theirs");
    }

    [Theory]
    [InlineData(OnExisting.Fail)]
    [InlineData(OnExisting.Replace)]
    internal async Task Write_TargetEvictsTheValueBeforeItHasItsName_KeyFails(OnExisting policy)
    {
        Serve("string", command => command.Name == "STRLEN" ? ":5\r\n" : null);
        var isNaming = false;
        TakeValues(
            "APPEND",
            _ => { },
            command =>
            {
                isNaming |= command.Name == "PERSIST" && IsOurs(command);
                return command.Name != "EXEC" || !isNaming ? null
                    : policy == OnExisting.Replace ? "*3\r\n:0\r\n:0\r\n-ERR no such key\r\n"
                    : "*3\r\n:0\r\n-ERR no such key\r\n:0\r\n";
            }
        );

        var report = await RunAsync(options => options with { OnExisting = policy });

        report.Keys.ShouldBe(new KeyCounts(0, 0, 0, 0, Failed: 1));
        Rig.Failed().ShouldHaveSingleItem().ShouldContain("evicts");
    }

    [Fact]
    public async Task Read_BytesAreLimited_ComeAtThatRate()
    {
        const int length = 200_000;
        Serve(
            "string",
            command =>
                command.Name switch
                {
                    "STRLEN" => $":{length}\r\n",
                    "GETRANGE" => $"${length}\r\n{new string('x', length)}\r\n",
                    _ => null,
                }
        );

        var report = await RunAsync(options => options with { MaxBytesPerSecond = 100_000 });

        report.Keys.Written.ShouldBe(1);
        report.BytesRead.ShouldBeGreaterThan(length);
        report.Duration.TotalSeconds.ShouldBeGreaterThan(1.6);
    }

    // As both do where their timeout is shorter than the time between two large keys.
    [Fact]
    public async Task Read_ServersHaveClosedWhatLayIdle_NewConnectionsTakeTheirPlace()
    {
        Serve("string", command => command.Name == "STRLEN" ? ":5\r\n" : null);
        var (isClosedAtSource, isClosedAtTarget) = (false, false);
        var serve = Source.Intercept;
        Source.Set("big, too", "value");
        Source.Intercept = command =>
            !command.Words.Contains("big, too", StringComparer.Ordinal) ? serve(command)
            : command.Name == "TYPE" && !isClosedAtSource && (isClosedAtSource = true) ? KeyServer.Close
            : serve(command with { Words = [.. command.Words.Select(word => word == "big, too" ? Key : word)] });
        Source.ScanRounds =
        [
            [Key],
            ["big, too"],
        ];
        TakeValues(
            "APPEND",
            _ => { },
            command =>
                command is { Name: "EXISTS", Key: "big, too" } && !isClosedAtTarget && (isClosedAtTarget = true)
                    ? KeyServer.Close
                    : null
        );

        var report = await RunAsync();

        report.Failure.ShouldBeNull();
        report.Keys.ShouldBe(new KeyCounts(2, 0, 0, 0, 0));
        isClosedAtSource.ShouldBeTrue();
        isClosedAtTarget.ShouldBeTrue();
    }

    // What was asked over it beforehand is lost as well, at the worst.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Read_ServerClosesTheOtherConnectionMeanwhile_NothingIsMissing(bool hasExpireTime)
    {
        Serve("string", command => command.Name == "STRLEN" ? ":5\r\n" : null);
        Source.Fill(8);
        Source.ScanRounds =
        [
            [Key, "key:0"],
            ["key:1", "key:2"],
            ["key:3", "key:4"],
            ["key:5"],
            ["key:6", "key:7"],
        ];
        var clock = new ClockWithJumps();
        var (scans, closed) = (0, 0);
        var serve = Source.Intercept;
        Source.Intercept = command =>
        {
            if (command is { Name: "SCAN", Words: [.., not "1"] })
                scans = command.Connection;
            if (command is { Name: "GETRANGE", Key: Key } && command.Connection != scans)
            {
                clock.Passed = TimeSpan.FromSeconds(1);
                closed = scans;
            }

            return command.Connection == closed ? KeyServer.Close
                : command.Name == "PEXPIRETIME" && !hasExpireTime ? "-ERR unknown command 'PEXPIRETIME'\r\n"
                : command.Name == "TIME" ? "*2\r\n$1\r\n1\r\n$1\r\n0\r\n"
                : serve(command);
        };

        var report = await Rig.RunAsync(Source.Endpoint, Target.Endpoint, timeProvider: clock);

        report.Failure.ShouldBeNull();
        report.Keys.ShouldBe(new KeyCounts(9, 0, 0, 0, 0));
        closed.ShouldBeGreaterThan(0);
        Target.Keys.Keys.ShouldBe(Source.Keys.Keys, ignoreOrder: true);
    }

    // A source whose one key takes much memory.
    private void Serve(string type, Func<KeyCommand, string?> answer)
    {
        Source.Set(Key, "value");
        TakeValues("APPEND", _ => { });
        Source.Intercept = command =>
        {
            if (command is { Name: "WATCH", Key: Key })
                _attempts++;
            if (command.Name == "MEMORY" && command.Words[2] == Key)
                return $":{LargeValueLimits.Default}\r\n";
            return command.Key is Key or ""
                ? answer(command) ?? (command.Name == "TYPE" ? $"+{type}\r\n" : null)
                : null;
        };
    }

    // Of the commands that build a value the target does no more than to have the key then.
    private void TakeValues(string name, Action<KeyCommand> take, Func<KeyCommand, string?>? answer = null) =>
        Target.Intercept = command =>
        {
            if (command.Name == name && IsOurs(command))
                take(command);
            if (command.Name is "APPEND" or "RPUSH" or "HSET" && IsOurs(command))
                Target.Set(command.Key, "value", expireAt: Far);
            if (command.Name == "RENAME" && Target.Keys.Remove((0, command.Key), out var value))
                Target.Keys[(0, command.Words[2])] = value;
            return answer?.Invoke(command);
        };

    // What is built under a name that nobody has. What comes before the key is read are questions whether we may.
    private bool IsOurs(KeyCommand command) =>
        _attempts > 0 && command.Key.Contains(":godwit-", StringComparison.Ordinal);

    private static string Strings(int count) =>
        string.Create(CultureInfo.InvariantCulture, $"*{count}\r\n")
        + string.Concat(Enumerable.Repeat("$1\r\nx\r\n", count));

    private sealed class ClockWithJumps : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        public override long GetTimestamp() => base.GetTimestamp() + (long)(Passed.TotalSeconds * TimestampFrequency);
    }
}
