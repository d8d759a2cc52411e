using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Godwit.Benchmarks;
using Perfolizer.Horology;

// Where the tables go, what the program was built from, and, if not all of them, which benchmarks run.
if (args is not [var results, var revision, .. var pattern])
    throw new ArgumentException("Call it by bench/micro.", nameof(args));
var filter = pattern is [var part, ..] ? $"*{part}*" : "*";
var origin = MeasuredOn.Now(revision, TimeProvider.System);

// In this process: a project that the tool makes for itself would inherit this repository's warnings as errors and its
// lock files, and fail to build.
var job = Job
    .ShortRun.WithToolchain(InProcessEmitToolchain.Instance)
    // Half a second each, as it is by default, would take a quarter of an hour for all of them.
    .WithIterationTime(TimeInterval.FromMilliseconds(100));
var config = ManualConfig
    .CreateEmpty()
    .AddJob(job)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddLogger(ConsoleLogger.Default)
    .WithArtifactsPath(Path.Combine("artifacts", "bench", "micro"))
    .WithOptions(ConfigOptions.DisableLogFile);

var summaries = BenchmarkSwitcher
    .FromAssembly(typeof(ResultTables).Assembly)
    .Run(["--filter", filter], config)
    .ToArray();
if (summaries.Length == 0 || summaries.Any(summary => summary.HasCriticalValidationErrors))
    return 1;
await File.WriteAllTextAsync(results, ResultTables.ToMarkdown(summaries, origin));
return summaries.All(summary => summary.Reports.All(report => report.Success)) ? 0 : 1;
