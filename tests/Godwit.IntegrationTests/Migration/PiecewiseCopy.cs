using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.IntegrationTests.Running;
using Godwit.Migration;
using Godwit.Migration.Throttle;
using Godwit.Sources;
using Godwit.Sources.Rdb;
using Godwit.Targets;
using Godwit.Targets.Json;
using Godwit.Targets.Redis;
using Godwit.Transform;

namespace Godwit.IntegrationTests.Migration;

/// <summary>
/// Copies an RDB file so that nearly every value goes in pieces: the file comes a few bytes at a time, and one byte is a
/// large value. Through the whole program that cannot be had, since it reads in blocks.
/// </summary>
internal sealed class PiecewiseCopy(string rdbFile, string target) : IMigrationLog, IDisposable
{
    private const int MostAtOnce = 24;

    private readonly TemporaryDirectory _directory = new();

    public OnExisting OnExisting { get; init; } = OnExisting.Fail;

    public Losses AllowLoss { get; init; }

    /// <summary>Keys whose values went in pieces.</summary>
    public int InPieces { get; private set; }

    public IReadOnlyList<FailedKey> Failed() => File.Exists(ErrorsFile) ? FailedKey.Read(ErrorsFile) : [];

    private string ErrorsFile => Path.Combine(_directory.Path, "errors.ndjson");

    public async Task<Godwit.Migration.KeyCounts> RunAsync()
    {
        var stop = TestContext.Current.CancellationToken;
        var endpoint = EndpointParser.Parse(target, EndpointRole.Target, new EndpointAccess());
        using var letters = new DeadLetters(ErrorsFile, limit: 100_000);
        var ledger = new Ledger(letters, AllowLoss);
        var account = ledger.Open(rdbFile);
        await using EntryTarget opened = endpoint is JsonEndpoint json
            ? JsonTarget.Create(json, DatabaseMap.None, TimeProvider.System)
            : await OpenAsync((RedisEndpoint)endpoint, stop);
        await using var file = File.OpenRead(rdbFile);
        var random = new Random(5);
        using var reader = new SnapshotReader(
            (buffer, token) => file.ReadAsync(buffer[..Math.Min(buffer.Length, random.Next(1, MostAtOnce))], token),
            new EntryChoice(null, null),
            new LargeValueLimits(1, Strings: endpoint is RedisEndpoint),
            new BufferBudget(64 << 20),
            SourcePace.Unlimited
        );
        await foreach (var batch in reader.ReadAsync(stop))
        {
            InPieces += batch.Large is null ? 0 : 1;
            batch.Account = account;
            account.Take(batch.Count);
            await opened.WriteAsync(batch, stop);
        }

        await opened.CompleteAsync(stop);
        ledger.Unsettled.ShouldBe(0);
        return ledger.Counts;
    }

    public void Info(string message) => TestContext.Current.TestOutputHelper?.WriteLine(message);

    public void Warn(string message) => Info(message);

    public void Dispose() => _directory.Dispose();

    private async Task<RedisTarget> OpenAsync(RedisEndpoint endpoint, CancellationToken stop)
    {
        var connection = await RedisConnection.ConnectAsync(
            endpoint,
            new ConnectionOptions(),
            TimeProvider.System,
            stop
        );
        var info = await ServerInfo.AskAsync(connection, stop);
        var profile = await TargetQuestions.AskAsync(connection, info, WriteMode.Auto, tag: "", this, stop);
        var options = new RedisTargetOptions
        {
            Write = WriteMode.Auto,
            OnExisting = OnExisting,
            Database = null,
            SeveralSources = false,
            Connections = 2,
        };
        var control = new ControlConnection(connection, 0);
        return await RedisTarget.OpenAsync(endpoint, options, profile, control, TimeProvider.System, stop);
    }
}
