using System.Text;
using Godwit.Batches;
using Godwit.Migration;
using Godwit.Protocol.Rdb;

namespace Godwit.Tests.Migration;

public sealed class RetryListTests : IDisposable
{
    private readonly MigrationRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Read_WhatDeadLettersWrote_HasEachKey()
    {
        byte[][] keys = ["plain"u8.ToArray(), [0xff, 0, 1], "base64:x"u8.ToArray(), "\"\n"u8.ToArray(), []];
        using (var letters = new DeadLetters(_rig.ErrorsFile, 10))
        using (var batch = new EntryBatch())
        {
            foreach (var key in keys)
                batch.AddCopy(new Entry { Type = RdbType.String, Database = 4 }, key, [1, 2]);
            batch.AddCopy(new Entry { Kind = EntryKind.Function }, "lib"u8, "code"u8);
            batch.AddCopy(new Entry { Kind = EntryKind.ModuleAux }, "mod"u8, []);
            foreach (var entry in batch.Entries)
                letters.Add(batch, entry, "reason", "a");
            letters.AddUnread(5, "unread"u8, "reason", source: null);
        }

        var list = await RetryList.ReadAsync(_rig.ErrorsFile, _rig, TestContext.Current.CancellationToken);

        list.Databases.ShouldBe([4, 5]);
        list.Functions.ShouldBeTrue();
        list.ModuleAux.ShouldBeTrue();
        list.Count.ShouldBe(6);
        list.NotFound.ShouldBe(6);
        foreach (var key in keys)
            list.Find(4, key, "a").ShouldBeTrue();
        list.Find(4, keys[0], null).ShouldBeTrue();
        list.Find(5, keys[0], "a").ShouldBeFalse();
        list.Find(0, "lib"u8, "a").ShouldBeFalse();
        list.NotFound.ShouldBe(1);
    }

    [Fact]
    public async Task FitTo_SourcesOfThisRun_DecidesWhereEachKeyComesFrom()
    {
        await File.WriteAllLinesAsync(
            _rig.ErrorsFile,
            [
                """{"db":0,"key":"of a","type":"string","source":"redis://a:1"}""",
                """{"db":0,"key":"of both","type":"string","source":"redis://a:1"}""",
                """{"db":0,"key":"of both","type":"string","source":"redis://b:1"}""",
                """{"db":0,"key":"of one that is gone","type":"string","source":"redis://z:1"}""",
                """{"db":0,"key":"of any","type":"string"}""",
                """{"db":7,"key":"elsewhere","type":"string"}""",
            ],
            TestContext.Current.CancellationToken
        );
        var list = await RetryList.ReadAsync(_rig.ErrorsFile, _rig, TestContext.Current.CancellationToken);

        list.FitTo([("redis://a:1", 0), ("redis://b:1", 0)]);

        list.Databases.ShouldBe([0]);
        list.Count.ShouldBe(4);
        Names(list.Keys(0, "redis://a:1")).ShouldBe(["of a", "of both", "of one that is gone", "of any"]);
        Names(list.Keys(0, "redis://b:1")).ShouldBe(["of both", "of one that is gone", "of any"]);
        list.Find(0, "of a"u8, "redis://b:1").ShouldBeFalse();
        list.Find(0, "of both"u8, "redis://b:1").ShouldBeTrue();
        list.NotFound.ShouldBe(3);
        using var letters = new DeadLetters(_rig.InDirectory("other.ndjson"), 10);
        var ledger = new Ledger(letters, Losses.None);
        list.SettleMissing(ledger.Open(source: null));
        ledger.Counts.Expired.ShouldBe(3);
        ledger.Unsettled.ShouldBe(0);
    }

    private static IEnumerable<string> Names(IEnumerable<byte[]> keys) => keys.Select(Encoding.UTF8.GetString);

    [Theory]
    [InlineData("nonsense")]
    [InlineData("5")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"db":0,"key":null,"type":"string"}""")]
    [InlineData("""{"db":"0","key":"k","type":"string"}""")]
    [InlineData("""{"db":99999999999,"key":"k","type":"string"}""")]
    [InlineData("""{"db":0,"key":"base64:?","type":"string"}""")]
    [InlineData("""{"db":0,"key":"k","type":7}""")]
    public async Task Read_LineIsNoDeadLetter_RefusesWithItsNumber(string line)
    {
        await File.WriteAllTextAsync(
            _rig.ErrorsFile,
            "{\"db\":0,\"key\":\"k\",\"type\":\"string\"}\n\n" + line,
            TestContext.Current.CancellationToken
        );

        var error = await Should.ThrowAsync<RefusedException>(() =>
            RetryList.ReadAsync(_rig.ErrorsFile, _rig, TestContext.Current.CancellationToken)
        );

        error.Message.ShouldStartWith("Line 3 of");
    }

    // As a disk leaves it that was full in the middle.
    [Theory]
    [InlineData("{")]
    [InlineData("{\"db\":0,\"key\":\"x}")]
    [InlineData("{\"db\":0,\"key\":\"x\",\"type\":\"string\"")]
    public async Task Read_LastLineIsCutOff_HasAllOthersAndSaysSo(string line)
    {
        await File.WriteAllTextAsync(
            _rig.ErrorsFile,
            "{\"db\":0,\"key\":\"k\",\"type\":\"string\"}\n" + line,
            TestContext.Current.CancellationToken
        );

        var list = await RetryList.ReadAsync(_rig.ErrorsFile, _rig, TestContext.Current.CancellationToken);

        list.Count.ShouldBe(1);
        _rig.Log.ShouldHaveSingleItem().ShouldStartWith("Line 2 of");
    }

    [Fact]
    public async Task Read_LineBeforeTheLastIsCutOff_Refuses()
    {
        await File.WriteAllTextAsync(
            _rig.ErrorsFile,
            "{\"db\":0,\"ke\n{\"db\":0,\"key\":\"k\",\"type\":\"string\"}\n",
            TestContext.Current.CancellationToken
        );

        await Should.ThrowAsync<RefusedException>(() =>
            RetryList.ReadAsync(_rig.ErrorsFile, _rig, TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task Read_NoSuchFile_Refuses() =>
        await Should.ThrowAsync<RefusedException>(() =>
            RetryList.ReadAsync(_rig.InDirectory("none"), _rig, TestContext.Current.CancellationToken)
        );
}
