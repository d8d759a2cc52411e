using Godwit.Batches;
using Godwit.Endpoints;
using Godwit.IntegrationTests.Running;
using Godwit.Migration;

namespace Godwit.IntegrationTests.Migration;

/// <summary>A migration within the test's own process, for which a few bytes are a large value.</summary>
internal sealed class PiecewiseMigration : IMigrationLog, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _stop = new();

    /// <summary>The limit in bytes from which on a value goes in pieces.</summary>
    public long Limit { get; init; } = 1;

    /// <summary>This machine's clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public Func<MigrationOptions, MigrationOptions> Change { get; init; } = options => options;

    public string PathOf(string fileName) => Path.Combine(_directory.Path, fileName);

    public IReadOnlyList<FailedKey> Failed() =>
        File.Exists(PathOf("errors.ndjson")) ? FailedKey.Read(PathOf("errors.ndjson")) : [];

    /// <summary>Runs it. It must end within two minutes, and its account must add up.</summary>
    public async Task<MigrationReport> RunAsync(string source, string target)
    {
        var options = new MigrationOptions
        {
            Sources = [EndpointParser.Parse(source, EndpointRole.Source, new EndpointAccess())],
            Target = EndpointParser.Parse(target, EndpointRole.Target, new EndpointAccess()),
            ErrorsFile = PathOf("errors.ndjson"),
            LargeValues = new LargeValueLimits(Limit),
            MaxErrors = 100_000,
        };
        var report = await new MigrationJob(Change(options), this, TimeProvider)
            .RunAsync(_stop.Token)
            .WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        var keys = report.Keys;
        keys.Read.ShouldBe(keys.Written + keys.Skipped + keys.Filtered + keys.Expired + keys.Failed);
        return report;
    }

    public void Info(string message) => TestContext.Current.TestOutputHelper?.WriteLine(message);

    public void Warn(string message) => Info(message);

    /// <summary>What SIGINT does.</summary>
    public Task StopAsync() => _stop.CancelAsync();

    public void Dispose()
    {
        _directory.Dispose();
        _stop.Dispose();
    }
}
