using System.Globalization;
using System.Text;
using Godwit.IntegrationTests.Servers;
using Godwit.Protocol.Commands;

namespace Godwit.IntegrationTests.Live;

/// <summary>The table of commands against what servers say of theirs.</summary>
public sealed class CommandTableTests
{
    // What has a form that a number of words alone does not give.
    private static readonly string[] Samples =
    [
        "BITOP AND d a b",
        "BLMOVE a b LEFT RIGHT 0",
        "BLMPOP 0 2 a b LEFT COUNT 1",
        "BLPOP a b 0",
        "BRPOP a b 0",
        "BRPOPLPUSH a b 0",
        "BZMPOP 0 2 a b MIN",
        "BZPOPMAX a b 0",
        "BZPOPMIN a b 0",
        "COPY a b DB 1 REPLACE",
        "DEL a b c",
        "EVAL script 2 a b c",
        "EVALSHA sha 1 a",
        "FCALL name 2 a b",
        "GEORADIUS a 1 2 3 km COUNT 5 STORE b",
        "GEORADIUS a 1 2 3 km STOREDIST b ASC",
        "GEORADIUS a 1 2 3 km",
        "GEORADIUSBYMEMBER a m 3 km STOREDIST b",
        "GEOSEARCHSTORE d a FROMMEMBER m BYRADIUS 1 km",
        "LMOVE a b LEFT RIGHT",
        "LMPOP 2 a b LEFT COUNT 3",
        "MIGRATE 127.0.0.1 1 a 0 1",
        "MOVE a 1",
        "MSET a 1 b 2",
        "MSETEX 2 a 1 b 2 NX PX 100",
        "MSETNX a 1 b 2",
        "PFCOUNT a b",
        "PFDEBUG TODENSE a",
        "PFMERGE d a b",
        "RENAME a b",
        "RENAMENX a b",
        "RPOPLPUSH a b",
        "SDIFFSTORE d a b",
        "SINTERSTORE d a b",
        "SMOVE a b m",
        "SORT a",
        "SORT a BY w_* LIMIT 0 5 GET store GET # STORE d",
        "SORT a LIMIT 0 1 STORE c STORE d",
        "SUNIONSTORE d a b",
        "TOUCH a b",
        "UNLINK a b",
        "XGROUP CREATE a g $ MKSTREAM",
        "XGROUP DESTROY a g",
        "XREADGROUP GROUP g c COUNT 1 STREAMS a b > >",
        "ZDIFFSTORE d 2 a b",
        "ZINTERSTORE d 2 a b WEIGHTS 1 2",
        "ZMPOP 2 a b MIN",
        "ZRANGESTORE d a 0 -1",
        "ZUNIONSTORE d 2 a b AGGREGATE MAX",
    ];

    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public async Task Table_EveryServer_KnowsEveryCommandThatWrites(ServerVersion version)
    {
        await using var server = await RedisServer.StartAsync(version);
        using var client = server.Connect();

        var writing = Commands(client).Where(Writes).Select(command => Text(command[0])).ToList();

        writing.Count.ShouldBeGreaterThan(80);
        writing.Where(name => CommandTable.Find(Encoding.ASCII.GetBytes(name)) is null).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public async Task TryLocateKeys_EveryCommand_AgreesWithTheServer(ServerVersion version)
    {
        await using var server = await RedisServer.StartAsync(version);
        using var client = server.Connect();
        var arities = Commands(client)
            .ToDictionary(
                command => Text(command[0]),
                command => (int)(long)command[1]!,
                StringComparer.OrdinalIgnoreCase
            );

        var compared = 0;
        foreach (var spec in CommandTable.All.Where(spec => arities.ContainsKey(spec.Name)))
        {
            // Redis 6.0 says of PFDEBUG that it has no key.
            if (version == ServerVersion.Redis60 && spec.Name == "PFDEBUG")
                continue;

            foreach (var call in CallsOf(spec, Math.Abs(arities[spec.Name])))
            {
                var theirs = client.Try(["COMMAND", "GETKEYS", .. call]);
                Ours(spec, call).ShouldBe(Keys(theirs), $"{string.Join(' ', call)} of {version}");
                compared++;
            }
        }

        compared.ShouldBeGreaterThan(85);
    }

    [Fact]
    public void Samples_EveryCommandWithSpecialKeys_HasOne()
    {
        var sampled = Samples.Select(sample => sample.Split(' ')[0]).ToHashSet(StringComparer.Ordinal);

        CommandTable
            .All.Where(spec => spec.Treatment is not (CommandTreatment.Control or CommandTreatment.ServerWide))
            .Where(spec => spec.Treatment != CommandTreatment.Plain && !sampled.Contains(spec.Name))
            .ShouldBeEmpty();
    }

    private static IEnumerable<object?[]> Commands(RespClient client) =>
        ((object?[])client.Call("COMMAND")!).Select(command => (object?[])command!);

    // Itself, or one of its subcommands (7.0).
    private static bool Writes(object?[] command) =>
        ((object?[])command[2]!).Any(flag => Text(flag) == "write")
        || (command.Length > 9 && ((object?[])command[9]!).Any(subcommand => Writes((object?[])subcommand!)));

    private static IEnumerable<object[]> CallsOf(CommandSpec spec, int words)
    {
        var samples = Samples.Where(sample => sample.Split(' ')[0] == spec.Name).ToList();
        if (samples.Count > 0)
            return samples.Select(sample => sample.Split(' ').ToArray<object>());
        if (spec.Treatment != CommandTreatment.Plain)
            return [];

        // The key, and as many words as the command wants at least. Some tell a command's arity as "any".
        var rest = Enumerable.Range(2, Math.Max(0, words - 2)).Select(number => (object)Word(number));
        return
        [
            [spec.Name, "key", .. rest],
        ];
    }

    private static List<string> Ours(CommandSpec spec, object[] call)
    {
        var bytes = call.Select(word => Encoding.ASCII.GetBytes((string)word)).ToList();
        var buffer = bytes.SelectMany(word => word).ToArray();
        var ranges = new ArgumentRange[call.Length];
        for (int i = 0, start = 0; i < ranges.Length; start += bytes[i].Length, i++)
            ranges[i] = new ArgumentRange(start, bytes[i].Length);

        spec.TryLocateKeys(new CommandArguments(buffer, ranges), out var keys).ShouldBeTrue(spec.Name);
        var found = new List<string>();
        foreach (var key in keys)
            found.Add((string)call[key.Argument]);
        return [.. found.Order(StringComparer.Ordinal)];
    }

    private static List<string> Keys(object? reply) =>
        reply switch
        {
            object?[] keys => [.. keys.Select(Text).Order(StringComparer.Ordinal)],
            // Without any key the answer is an error.
            RespError { Message: var message } when message.Contains("no key arguments", StringComparison.Ordinal) =>
            [],
            RespError error => throw new RespErrorException(error.Message),
            _ => throw new InvalidDataException("GETKEYS answers with an array."),
        };

    private static string Word(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(object? reply) => Encoding.ASCII.GetString((byte[])reply!);
}
