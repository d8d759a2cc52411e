using System.Globalization;
using System.Net.Sockets;
using Godwit.SideBySide.Contenders;
using Godwit.SideBySide.Data;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Measuring;

/// <summary>What was measured with one data set.</summary>
/// <param name="Data">The data set.</param>
/// <param name="Keys">How many keys it has.</param>
/// <param name="FileSize">Of its RDB file, in bytes.</param>
/// <param name="Series">A series a contender.</param>
internal sealed record ContestResult(DataSet Data, long Keys, long FileSize, IReadOnlyList<Series> Series)
{
    /// <summary>The series of that name; null if it was not run or does not count.</summary>
    public Series? Find(string contender) =>
        Series.FirstOrDefault(series => series.Contender == contender && series.Counts);
}

/// <summary>
/// Runs contenders with one data set, by turns (A B C, A B C, …), so that what disturbs the machine for a while disturbs all
/// of them.
/// </summary>
internal sealed class Contest(
    ServerProgram program,
    string godwit,
    int runs,
    WorkDirectories directories,
    Action<string> say
)
{
    // Nothing here takes as long; what does has hung.
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(30);

    public async Task<ContestResult> RunAsync(
        DataSet data,
        IReadOnlyList<IContender> contenders,
        CancellationToken cancellationToken
    )
    {
        var files = await DataFiles.PrepareAsync(
            data,
            program,
            contenders.OfType<CliPipe>().Any(),
            directories,
            say,
            cancellationToken
        );
        say($"{data.Name}: the source loads {Path.GetFileName(files.Rdb)}");
        await using var source = await Server.StartAsync(program, files.Rdb, directories, cancellationToken);
        var keyspace = await source.KeyspaceAsync(cancellationToken);
        var setting = new Setting(data, files, source, keyspace, program, godwit, directories);

        var series = contenders.Select(contender => new Series(contender.Name)).ToArray();
        for (var run = 1; run <= runs; run++)
        {
            for (var i = 0; i < series.Length; i++)
            {
                if (series[i].Failure is null)
                    await RunOnceAsync(contenders[i], series[i], setting, run, cancellationToken);
            }
        }

        return new ContestResult(data, keyspace.Keys, new FileInfo(files.Rdb).Length, series);
    }

    private async Task RunOnceAsync(
        IContender contender,
        Series series,
        Setting setting,
        int run,
        CancellationToken cancellationToken
    )
    {
        var title = string.Create(CultureInfo.InvariantCulture, $"{setting.Data.Name} {run}/{runs}: {contender.Name}");
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(RunLimit);
        try
        {
            var figures = await contender.RunAsync(setting, limited.Token);
            series.Add(figures);
            say(string.Create(CultureInfo.InvariantCulture, $"{title}: {figures.Wall.TotalSeconds:f2} s"));
        }
        catch (Exception exception) when (exception is BenchException or IOException or SocketException)
        {
            series.Fail(exception.Message);
            say($"{title}: does not count: {exception.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            series.Fail($"it took longer than {RunLimit.TotalMinutes} minutes");
            say($"{title}: does not count: {series.Failure}");
        }
    }
}
