using System.Text;
using Godwit.Protocol.Commands;

namespace Godwit.Protocol.Tests.Commands;

public sealed class CommandTableTests
{
    [Theory]
    [InlineData("SET")]
    [InlineData("set")]
    [InlineData("restore-ASKING")]
    [InlineData("GeoRadiusByMember")]
    public void Find_AnyCase_IsFound(string name) =>
        CommandTable.Find(Encoding.ASCII.GetBytes(name))!.Name.ShouldBe(name.ToUpperInvariant());

    [Theory]
    [InlineData("")]
    [InlineData("SE")]
    [InlineData("SETT")]
    [InlineData("GET")]
    [InlineData("JSON.SET")]
    // Bytes that fall on a letter of a known name if one bit of them is not looked at.
    [InlineData("\u0013ET")]
    public void Find_UnknownName_IsNull(string name) => CommandTable.Find(Encoding.ASCII.GetBytes(name)).ShouldBeNull();

    [Fact]
    public void Find_NotAscii_IsNull() => CommandTable.Find([0xd3, 0xc5, 0xd4]).ShouldBeNull();

    [Theory]
    [InlineData("SET k v", "1rw")]
    [InlineData("DEL a b c", "1w 2w 3w")]
    [InlineData("MSET a 1 b 2", "1w 3w")]
    [InlineData("MSETEX 2 a 1 b 2 NX", "2rw 4rw")]
    [InlineData("RENAME a b", "1rw 2w")]
    [InlineData("COPY a b DB 3 REPLACE", "1r 2w")]
    [InlineData("PFMERGE d", "1rw")]
    [InlineData("PFMERGE d a b", "1rw 2r 3r")]
    [InlineData("BITOP AND d a b", "2w 3r 4r")]
    [InlineData("ZUNIONSTORE d 2 a b WEIGHTS 1 2", "1w 3r 4r")]
    [InlineData("SORT a", "1r")]
    [InlineData("SORT a STORE d", "1r 3w")]
    [InlineData("sort a by store get STORE limit 0 1 store d", "1r 10w")]
    [InlineData("SORT a STORE d STORE e", "1r 5w")]
    [InlineData("GEORADIUS a 1 2 3 km COUNT 1 STOREDIST d", "1r 9w")]
    [InlineData("GEORADIUS a 1 2 3 km STORE c STOREDIST d", "1r 9w")]
    [InlineData("GEORADIUSBYMEMBER a store 3 km STORE d", "1r 6w")]
    [InlineData("XREADGROUP GROUP STREAMS c COUNT 1 STREAMS a b 0 0", "7rw 8rw")]
    [InlineData("MIGRATE h 1 a 0 1 AUTH keys KEYS b c", "3rw 9rw 10rw")]
    [InlineData("EVALSHA sha 0", "")]
    [InlineData("EVALSHA sha 2 a b c", "3rw 4rw")]
    [InlineData("FLUSHALL ASYNC", "")]
    public void TryLocateKeys_Call_TheirWordsAndAccess(string call, string expected)
    {
        TryLocate(call, out var found).ShouldBeTrue();

        found.ShouldBe(expected);
    }

    [Theory]
    [InlineData("SET")]
    [InlineData("DEL")]
    [InlineData("MSET a 1 b")]
    [InlineData("MSETEX 3 a 1 b 2")]
    [InlineData("MSETEX -1 a 1")]
    [InlineData("MSETEX x a 1")]
    [InlineData("MSETEX 9223372036854775807 a 1")]
    [InlineData("RENAME a")]
    [InlineData("BLPOP 0")]
    [InlineData("SORT a STORE")]
    [InlineData("XREADGROUP GROUP g c STREAMS a b 0")]
    [InlineData("EVAL script 2 a")]
    public void TryLocateKeys_NotTheCommandsForm_IsFalse(string call) => TryLocate(call, out _).ShouldBeFalse();

    [Fact]
    public void TryLocateKeys_ManyKeys_AllocatesNothing()
    {
        var (buffer, ranges) = Words("DEL " + string.Join(' ', Enumerable.Range(0, 1000)));
        Count(buffer, ranges);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var count = Count(buffer, ranges);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        count.ShouldBe(1000);
    }

    [Fact]
    public void All_CutBySlot_KnowTheWordsOfAKey()
    {
        var cut = CommandTable.All.Where(spec => spec.Treatment == CommandTreatment.CutBySlot).ToList();

        cut.Select(spec => $"{spec.Name} {spec.WordsPerKey}")
            .ShouldBe(["DEL 1", "UNLINK 1", "TOUCH 1", "MSET 2"], ignoreOrder: true);
    }

    private static int Count(byte[] buffer, ArgumentRange[] ranges)
    {
        var arguments = new CommandArguments(buffer, ranges);
        CommandTable.Find(arguments[0])!.TryLocateKeys(arguments, out var keys);
        var count = 0;
        foreach (var key in keys)
            count += key.Argument > 0 ? 1 : 0;
        return count;
    }

    private static bool TryLocate(string call, out string found)
    {
        var (buffer, ranges) = Words(call);
        var arguments = new CommandArguments(buffer, ranges);
        var located = CommandTable.Find(arguments[0])!.TryLocateKeys(arguments, out var keys);
        var words = new List<string>();
        foreach (var key in keys)
        {
            var access = key.Access switch
            {
                KeyAccess.Read => "r",
                KeyAccess.Write => "w",
                _ => "rw",
            };
            words.Add($"{key.Argument}{access}");
        }

        words.Count.ShouldBe(keys.Count);
        found = string.Join(' ', words);
        return located;
    }

    private static (byte[] Buffer, ArgumentRange[] Ranges) Words(string call)
    {
        var ranges = new List<ArgumentRange>();
        var start = 0;
        foreach (var word in call.Split(' '))
        {
            ranges.Add(new ArgumentRange(start, word.Length));
            start += word.Length + 1;
        }

        return (Encoding.ASCII.GetBytes(call), [.. ranges]);
    }
}
