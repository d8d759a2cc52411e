using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Tests.Migration;

namespace Godwit.Tests.Sources.Rdb;

public sealed class RdbFileSourceTests : MigrationTest
{
    [Fact]
    public async Task Run_SeveralFiles_AreReadInTheirOrderAndEachIsReported()
    {
        var (b, a) = (
            await WriteAsync("b.rdb", "REDIS0009", "first"),
            await WriteAsync("a.rdb", "VALKEY080", "second")
        );

        var report = await RunAsync(b, a);

        report.Failure.ShouldBeNull();
        report.Sources.ShouldBe([Report(b, "rdb 9", 1), Report(a, "valkey rdb 80", 1)]);
        report.Keys.Written.ShouldBe(2);
        Target.Log.IndexOf("RESTORE first").ShouldBeLessThan(Target.Log.IndexOf("RESTORE second"));
        report.BytesRead.ShouldBe(new FileInfo(a).Length + new FileInfo(b).Length);
    }

    [Fact]
    public async Task Run_OneOfSeveralIsMissingOrNoRdb_NothingIsWritten()
    {
        var good = await WriteAsync("good.rdb", "REDIS0011", "key");
        var bad = Rig.InDirectory("bad.rdb");
        await File.WriteAllTextAsync(bad, "no such thing as this", TestContext.Current.CancellationToken);

        foreach (var other in new[] { bad, Rig.InDirectory("none.rdb") })
        {
            var report = await RunAsync(good, other);

            report.Failure!.BeforeFirstWrite.ShouldBeTrue();
            report.Failure.Message.ShouldContain(other);
            report.Sources.Select(source => source.Uri).ShouldBe([good, other]);
            Target.Keys.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Run_FileIsNamedTwice_IsRefused()
    {
        var path = await WriteAsync("dump.rdb", "REDIS0011", "key");
        string[] others = [path, Path.GetDirectoryName(path)!, Rig.InDirectory("*.rdb"), Rig.InDirectory("./dump.rdb")];
        foreach (var other in others)
        {
            var report = await RunAsync(path, other);

            report.Failure!.BeforeFirstWrite.ShouldBeTrue();
            report.Failure.Message.ShouldContain("twice");
            Target.Keys.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Run_ADirectoryBesideAFile_HasOneEntryInTheReport()
    {
        var single = await WriteAsync("single", "REDIS0011", "z");
        await WriteAsync("1.rdb", "REDIS0011", "x");
        await WriteAsync("2.rdb", "REDIS0011", "y");
        var directory = Path.GetDirectoryName(single)!;

        var report = await RunAsync(directory, single);

        report.Keys.Written.ShouldBe(3);
        report.Sources.ShouldBe([Report(directory, "rdb 11", 2), Report(single, "rdb 11", 1)]);
    }

    // As the files of a cluster's shards have.
    [Fact]
    public async Task Run_SeveralFilesHaveALibraryAlike_IsNoFailure()
    {
        const string code = "#!lua name=lib\nx";
        await WriteAsync("a.rdb", file => file.Function(code).Select(0).String("a", "v"));
        await WriteAsync("b.rdb", file => file.Function(code).Select(0).String("b", "v"));
        Target.Intercept = command =>
            command.Name != "FUNCTION" ? null
            : command.Key == "LIST" && command.Words.Contains("WITHCODE", StringComparer.Ordinal)
                ? $"*1\r\n*4\r\n$12\r\nlibrary_name\r\n$3\r\nlib\r\n$12\r\nlibrary_code\r\n${code.Length}\r\n{code}\r\n"
            : command.Key == "LOAD" && Target.Log.Contains("RESTORE a", StringComparer.Ordinal)
                ? "-ERR Library 'lib' already exists\r\n"
            : null;

        var report = await RunAsync(Path.GetDirectoryName(Rig.InDirectory("a.rdb"))!);

        report.Keys.ShouldBe(new KeyCounts(2, 0, 0, 0, 0));
        report.FunctionsWritten.ShouldBe(1);
    }

    [Fact]
    public async Task Run_SeveralFilesHaveAKey_TheSecondIsAConflict()
    {
        await WriteAsync("a.rdb", file => file.Select(0).String("key", "first"));
        await WriteAsync("b.rdb", file => file.Select(0).String("key", "second"));

        var report = await RunAsync(Path.GetDirectoryName(Rig.InDirectory("a.rdb"))!);

        report.Keys.ShouldBe(new KeyCounts(1, 0, 0, 0, Failed: 1));
        report.Conflicts.ShouldBe(1);
        Rig.Failed().ShouldHaveSingleItem().ShouldContain("another source gave this key first");
        Target.Text("key").ShouldBe("first");
    }

    [Fact]
    public async Task Run_RetryNamesALibrary_TheOthersAreLeftAlone()
    {
        var path = Rig.InDirectory("libraries");
        var file = new RdbBytes().Function("#!lua name=here\nx").Function("#!lua name=failed\nx").End();
        await File.WriteAllBytesAsync(path, file, TestContext.Current.CancellationToken);
        var list = Rig.InDirectory("retry.ndjson");
        await File.WriteAllTextAsync(
            list,
            """{"db":0,"key":"failed","type":"function","size":1,"reason":"x"}""",
            TestContext.Current.CancellationToken
        );

        var report = await Rig.RunAsync(
            new RdbFileEndpoint([path]),
            Target.Endpoint,
            options => options with { RetryFile = list }
        );

        report.FunctionsWritten.ShouldBe(1);
        report.Keys.ShouldBe(new KeyCounts(0, 0, 0, 0, 0));
    }

    private static SourceReport Report(string path, string version, long written) =>
        new(path, version, "rdb") { Keys = default(KeyCounts) with { Written = written } };

    private Task<MigrationReport> RunAsync(params string[] paths) =>
        Rig.RunAsync(new RdbFileEndpoint(paths), Target.Endpoint);

    private Task WriteAsync(string name, Func<RdbBytes, RdbBytes> fill) =>
        File.WriteAllBytesAsync(
            Rig.InDirectory(name),
            fill(new RdbBytes()).End(),
            TestContext.Current.CancellationToken
        );

    private async Task<string> WriteAsync(string name, string magic, string key)
    {
        var path = Rig.InDirectory(name);
        var file = new RdbBytes(magic).Select(0).String(key, "v").End();
        await File.WriteAllBytesAsync(path, file, TestContext.Current.CancellationToken);
        return path;
    }
}
