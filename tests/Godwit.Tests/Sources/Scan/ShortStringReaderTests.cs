using System.Globalization;
using Godwit.Migration;
using Godwit.Protocol.Rdb;
using Godwit.Tests.Migration;

namespace Godwit.Tests.Sources.Scan;

/// <summary>Once a source has shown that it holds short strings, SCAN reads them without DUMP; whatever else comes is not lost.</summary>
public sealed class ShortStringReaderTests : MigrationTest
{
    private const int Keys = 6000;

    [Fact]
    public async Task Read_ShortStrings_NeedFewDumpsAndArriveEqual()
    {
        for (var i = 0; i < Keys; i++)
            Source.Set(Name(i), new string('v', i % 64), expireAt: i % 3 == 0 ? -1 : 99_999_999_999_000 + i);

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(Keys, 0, 0, 0, 0));
        ShouldHoldTheSame();
        Source.Count("DUMP").ShouldBeLessThan(Keys / 2);
        Source.Count("MEMORY").ShouldBeLessThan(Keys / 2);
    }

    [Fact]
    public async Task Read_SomethingElseAmongThem_ArrivesToo()
    {
        Source.Fill(Keys);
        var list = KeyServer.Payload(RdbType.List, [1, 1, (byte)'e']);
        for (var i = 4000; i < Keys; i += 500)
        {
            Source.Keys[(0, Name(i))] = (list, -1);
            Source.Keys[(0, Name(i + 1))] = (KeyServer.Payload(RdbType.String, Long(512)), 99_999_999_999_999);
            Source.Keys[(0, Name(i + 2))] = (KeyServer.Payload(RdbType.String, Long(511)), -1);
            Source.Set(Name(i + 3), "");
        }

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(Keys, 0, 0, 0, 0));
        ShouldHoldTheSame();
        Target.Keys[(0, Name(4000))].Payload.ShouldBe(list);
    }

    // The last keys of all are the ones that have to be asked for again.
    [Fact]
    public async Task Read_LastRoundIsSomethingElse_IsReadToItsEnd()
    {
        Source.Fill(Keys);
        for (var i = Keys - 3; i < Keys; i++)
            Source.Keys[(0, Name(i))] = (KeyServer.Payload(RdbType.Set, [1, 1, (byte)'m']), -1);

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(Keys, 0, 0, 0, 0));
        ShouldHoldTheSame();
    }

    [Fact]
    public async Task Read_KeyIsGone_CountsAsExpired()
    {
        Source.Fill(Keys);
        Source.ScanRounds = [.. Enumerable.Range(0, Keys).Select(Name).Chunk(500)];
        var gone = new HashSet<string>(StringComparer.Ordinal) { Name(4000), Name(5000), Name(Keys - 1) };
        Source.Intercept = command =>
        {
            if (command.Name is "GETRANGE" or "DUMP" && gone.Contains(command.Key))
                Source.Keys.Remove((0, command.Key));
            return null;
        };

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(Keys - 3, 0, 0, 3, 0));
        ShouldHoldTheSame();
    }

    // Between the two questions about it: its value is the older one, and there is no moment at which it did not expire.
    [Fact]
    public async Task Read_KeyGoesBetweenValueAndExpiry_IsNotWrittenWithoutOne()
    {
        Source.Fill(Keys);
        Source.ScanRounds = [.. Enumerable.Range(0, Keys).Select(Name).Chunk(500)];
        Source.Set(Name(5000), "v", expireAt: 99_999_999_999_999);
        Source.Intercept = command =>
        {
            if (command.Name == "PEXPIRETIME" && command.Key == Name(5000))
                Source.Keys.Remove((0, command.Key));
            return null;
        };

        var report = await RunAsync();

        report.Keys.ShouldBe(new KeyCounts(Keys - 1, 0, 0, 1, 0));
        Target.Keys.ShouldNotContainKey((0, Name(5000)));
    }

    [Fact]
    public async Task Read_GetRangeIsForbiddenForSomeKeys_TheyAreReadByDump()
    {
        Source.Fill(Keys);
        Source.Intercept = command => command.Name == "GETRANGE" && command.Key == Name(5000) ? "-NOPERM no\r\n" : null;

        (await RunAsync()).Keys.ShouldBe(new KeyCounts(Keys, 0, 0, 0, 0));

        ShouldHoldTheSame();
    }

    [Fact]
    public async Task Read_GetRangeIsForbidden_IsAskedForNoMore()
    {
        // Nor how large values are: else the run would be refused, since large strings could not be read.
        Source.Fill(Keys);
        Source.Intercept = command => command.Name is "GETRANGE" or "MEMORY" ? "-NOPERM no\r\n" : null;

        (await RunAsync()).Keys.ShouldBe(new KeyCounts(Keys, 0, 0, 0, 0));

        // The rights as a whole, and whether short strings are read by it.
        Source.Count("GETRANGE").ShouldBe(2);
    }

    [Fact]
    public async Task Read_SeveralDatabases_KeysStayInTheirs()
    {
        Source.Fill(3000, "a").Fill(3000, "b", database: 3).Fill(10, "c", database: 7);

        var report = await RunAsync();

        report.Keys.Written.ShouldBe(6010);
        ShouldHoldTheSame();
    }

    // The second time it comes as it is, where DUMP had compressed it.
    [Fact]
    public async Task Read_KeyComesTwiceInDifferentForms_IsADuplicate()
    {
        byte[] compressed = [0xC3, 5, 40, 0, (byte)'x', 0xE0, 30, 0];
        const int keys = 2 * Keys;
        Source.Fill(keys);
        Source.Keys[(0, Name(0))] = (KeyServer.Payload(RdbType.String, compressed), -1);
        var names = Enumerable.Range(0, keys).Select(Name).ToArray();
        Source.ScanRounds = [.. names.Chunk(500), [Name(0)]];

        var report = await RunAsync();

        Source.Count($"GETRANGE {Name(0)}").ShouldBeGreaterThan(0);
        report.Keys.ShouldBe(new KeyCounts(keys, 0, 0, 0, 0));
        ShouldHoldTheSame();
    }

    [Fact]
    public async Task Read_KeysAreLimited_ComeAtThatRate()
    {
        Source.Fill(3000);

        var report = await RunAsync(options => options with { MaxKeysPerSecond = 2000 });

        report.Keys.Written.ShouldBe(3000);
        Source.Count("GETRANGE").ShouldBeGreaterThan(1000);
        report.Duration.TotalSeconds.ShouldBeGreaterThan(1.3);
    }

    private static string Name(int index) => string.Create(CultureInfo.InvariantCulture, $"key:{index}");

    private static byte[] Long(int length) =>
        [(byte)(0x40 | (length >> 8)), (byte)length, .. Enumerable.Repeat((byte)'l', length)];

    private void ShouldHoldTheSame()
    {
        Target.Keys.Keys.ShouldBe(Source.Keys.Keys, ignoreOrder: true);
        foreach (var (id, value) in Source.Keys)
        {
            Target.Keys[id].ExpireAt.ShouldBe(value.ExpireAt);
            if (value.Payload[0] == (byte)RdbType.String)
                Target.Text(id.Key, id.Database).ShouldBe(Source.Text(id.Key, id.Database));
            else
                Target.Keys[id].Payload.ShouldBe(value.Payload);
        }
    }
}
