using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>
/// RDB files that others made, from the folder that GODWIT_RDB_CORPUS names: what a server makes of a file is what must
/// arrive.
/// </summary>
public sealed class CorpusTests(Fleet fleet)
{
    private const string Variable = "GODWIT_RDB_CORPUS";
    private const string NoCorpus = "no corpus";

    // The one that reads every version of the files that Redis has written.
    private const ServerVersion Newest = ServerVersion.Redis80;

    public static TheoryData<string> Files
    {
        get
        {
            var folder = Environment.GetEnvironmentVariable(Variable);
            return folder is null
                ? [NoCorpus]
                : [.. Directory.EnumerateFiles(folder, "*.rdb").Order(StringComparer.Ordinal)];
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Migrate_CorpusFile_ArrivesAsAServerLoadsIt(string path)
    {
        Assert.SkipWhen(path is NoCorpus, $"{Variable} names no folder of RDB files");
        using var target = await fleet.BorrowTargetAsync(Newest);
        using var godwit = new GodwitProcess();

        var result = await godwit.RunAsync("migrate", path, target.Lent.Uri, "--json");

        result.Keys.ShouldAddUp();
        RedisServer server;
        try
        {
            server = await RedisServer.StartWithFileAsync(Newest, path);
        }
        catch (ServerStartException exception)
        {
            TestContext.Current.SendDiagnosticMessage($"{path}: the server refuses it: {exception.Message}");
            result.ExitCode.ShouldBeOneOf([0, 1, 3, 4], result.Everything);
            if (result.ExitCode != 0)
                result.Error.ShouldNotBeNullOrWhiteSpace();
            return;
        }

        await using var loaded = server;
        using var client = loaded.Connect();
        result.ShouldHaveEnded(0);
        ServerComparison.ShouldBeEqual(ServerStateReader.Read(client), target.Lent.ReadState());
        Digest.Of(target.Lent.Client).ShouldBe(Digest.Of(client));
    }
}
