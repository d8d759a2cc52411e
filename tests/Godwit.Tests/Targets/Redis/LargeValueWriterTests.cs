using System.Text;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Migration;
using Godwit.Protocol.Rdb;
using Godwit.Sources.Scan;
using Godwit.Targets.Redis;
using Godwit.Tests.Migration;

namespace Godwit.Tests.Targets.Redis;

public sealed class LargeValueWriterTests
{
    // The source takes the entry back as soon as it knows that nobody takes more pieces: it must not be taken back once more because
    // what was written could not be removed.
    [Fact]
    public async Task Write_SourceBreaksOffAndTheConnectionIsLost_EntryIsItsSources()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var server = new KeyServer();
        await using var connection = await RedisConnection.ConnectAsync(
            server.Endpoint,
            new ConnectionOptions(),
            TimeProvider.System,
            stop
        );
        var options = new RedisTargetOptions
        {
            Write = WriteMode.Auto,
            OnExisting = OnExisting.Fail,
            Database = null,
            SeveralSources = false,
            IsCluster = true,
            Connections = 1,
        };
        var profile = Commands.Profile("7.2");
        var writer = new LargeValueWriter(
            options,
            profile,
            new ValueCommands(profile, () => 0),
            new GuardNames(isCluster: true)
        );
        var value = new LargeValue(piecesAreWhole: true);
        using var batch = new EntryBatch { Version = new RdbVersion(RdbFamily.Redis, 11), Large = value };
        batch.AddCopy(new Entry { Type = RdbType.String }, Encoding.ASCII.GetBytes("key"), []);
        var fates = new Fates(1);
        value.End(new SourceChangedException(server.Endpoint));

        await Should.ThrowAsync<ConnectionException>(() =>
            writer.WriteAsync(
                new PendingBatch(batch, fates: fates),
                connection.Output,
                _ => throw ConnectionFailure.Closed(server.Endpoint),
                stop
            )
        );

        (await value.IsTakenBackAsync(stop)).ShouldBeTrue();
        fates[0].ShouldBe(Fate.Settled);
    }
}
