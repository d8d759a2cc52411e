using System.Text;
using Godwit.Protocol.Commands;

namespace Godwit.Protocol.Tests.Commands;

public sealed class CommandParserTests
{
    private const string Commands =
        "*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\n$3\r\nSET\r\n\r\n\n\r\n*2\r\n$3\r\nDEL\r\n$0\r\n\r\n";

    private static readonly string[][] Expected =
    [
        ["PING"],
        ["SET", "k", "$3\r\nSET\r\n\r\n\n"],
        ["DEL", ""],
    ];

    public static TheoryData<string, int> Malformed =>
        new()
        {
            { "PING\r\n", 0 },
            { "\n", 0 },
            { "*0\r\n", 1 },
            { "*-1\r\n", 1 },
            { "*x\r\n", 1 },
            { "*\r\n", 1 },
            { "*1x", 2 },
            { "*1\r\r", 3 },
            { "*2147483648\r\n", 1 },
            { "*99999999999", 1 },
            { "*1\r\n:1\r\n", 4 },
            { "*1\r\n$-1\r\n", 5 },
            { "*1\r\n$1\r\nab\r\n", 9 },
            { "*1\r\n$1\r\na\rb", 9 },
            { "*1\r\n$9999999999\r\n", 5 },
        };

    [Fact]
    public void TryParse_ByteByByte_GivesEveryCommandOnce()
    {
        var bytes = Encoding.Latin1.GetBytes(Commands);
        var parsed = new List<string[]>();
        var (start, parser) = (0, new CommandParser());
        var words = new List<ArgumentRange>();
        for (var end = 1; end <= bytes.Length; end++)
        {
            if (!parser.TryParse(bytes.AsSpan(start, end - start), words, out var length, start))
                continue;

            length.ShouldBe(end - start);
            parsed.Add([.. words.Select(word => Encoding.Latin1.GetString(bytes, start + word.Start, word.Length))]);
            (start, parser) = (end, default);
            words.Clear();
        }

        start.ShouldBe(bytes.Length);
        parsed.ShouldBe(Expected);
    }

    [Fact]
    public void TryParse_CutAnywhere_GoesOnWhereItStopped()
    {
        var bytes = Encoding.Latin1.GetBytes(Commands[Commands.IndexOf("*3", StringComparison.Ordinal)..]);
        new CommandParser().TryParse(bytes, [], out var whole, offset: 0).ShouldBeTrue();
        for (var cut = 0; cut < whole; cut++)
        {
            var parser = new CommandParser();
            var words = new List<ArgumentRange>();

            parser.TryParse(bytes.AsSpan(0, cut), words, out _, offset: 0).ShouldBeFalse();
            parser.TryParse(bytes, words, out var length, offset: 0).ShouldBeTrue();

            length.ShouldBe(whole);
            words.Count.ShouldBe(3);
        }
    }

    [Fact]
    public void TryParse_LengthThatIsNotThere_WaitsWithoutAllocating()
    {
        var bytes = "*2147483647\r\n$2147483647\r\nabc"u8.ToArray();
        var words = new List<ArgumentRange>();
        var parser = new CommandParser();
        parser.TryParse(bytes, words, out _, offset: 0).ShouldBeFalse();
        var before = GC.GetAllocatedBytesForCurrentThread();

        parser.TryParse(bytes, words, out _, offset: 0).ShouldBeFalse();

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        words.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void TryParse_NoCommand_SaysWhere(string text, int offset)
    {
        var bytes = Encoding.Latin1.GetBytes(text);

        var error = Should.Throw<ProtocolException>(() => new CommandParser().TryParse(bytes, [], out _, 1000));

        error.Offset.ShouldBe(1000 + offset);
    }
}
