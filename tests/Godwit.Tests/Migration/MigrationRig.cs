using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Tests.Migration;

/// <summary>What a test of a whole migration needs: a directory of its own, a log, and a bound on its time.</summary>
internal sealed class MigrationRig : IMigrationLog, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("godwit-test-");
    private readonly List<string> _log = [];

    /// <summary>The run that was begun last.</summary>
    public IMigrationRun? Run { get; private set; }

    public string ErrorsFile => InDirectory("errors.ndjson");

    public IReadOnlyList<string> Log
    {
        get
        {
            lock (_log)
                return [.. _log];
        }
    }

    public string InDirectory(string name) => Path.Combine(_directory.FullName, name);

    public string[] Failed() => File.Exists(ErrorsFile) ? File.ReadAllLines(ErrorsFile) : [];

    /// <summary>Runs a migration by SCAN, unless <paramref name="change"/> says otherwise. It must end within a minute.</summary>
    public async Task<MigrationReport> RunAsync(
        Endpoint source,
        Endpoint target,
        Func<MigrationOptions, MigrationOptions>? change = null,
        TimeProvider? timeProvider = null,
        CancellationTokenSource? stop = null
    )
    {
        var options = new MigrationOptions
        {
            Sources = [source],
            Target = target,
            Read = ReadMode.Scan,
            ErrorsFile = ErrorsFile,
            CommandLine = "godwit migrate source target",
        };
        Run = new MigrationJob(change?.Invoke(options) ?? options, this, timeProvider ?? TimeProvider.System);
        return await Run.RunAsync(stop?.Token ?? CancellationToken.None)
            .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }

    public void Info(string message)
    {
        lock (_log)
            _log.Add(message);
    }

    public void Warn(string message) => Info(message);

    public void Dispose() => _directory.Delete(recursive: true);
}
