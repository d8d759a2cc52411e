using System.CommandLine;
using Godwit.SideBySide;

var data = new Option<string[]>("--data")
{
    Description = "What to move: small, mixed, large, curve (small in three sizes), follow (changes that go on).",
    CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(','))],
    DefaultValueFactory = _ => [.. DataNames.All],
};
data.Validators.Add(result =>
{
    foreach (
        var name in result
            .Tokens.SelectMany(token => token.Value.Split(','))
            .Except(DataNames.All, StringComparer.Ordinal)
    )
        result.AddError($"There is no data set {name}. There are: {string.Join(", ", DataNames.All)}.");
});
var scale = new Option<double>("--scale")
{
    Description = "Multiplies all sizes; below 1 for a quick try.",
    DefaultValueFactory = _ => 1,
};
scale.Validators.Add(result =>
{
    if (result.GetValueOrDefault<double>() is not (> 0 and <= 10))
        result.AddError("--scale takes a number above 0, up to 10.");
});
var runs = new Option<int>("--runs") { Description = "How often each contender runs.", DefaultValueFactory = _ => 3 };
runs.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() < 1)
        result.AddError("--runs takes a number of 1 or more.");
});
var only = new Option<string?>("--only")
{
    Description = "Contenders whose name contains this, such as godwit; all without it.",
};
var server = new Option<string>("--server")
{
    Description = "Source, target and reference, by the name that eng/servers gives it.",
    DefaultValueFactory = _ => "redis-7.0",
};
var godwit = new Option<string>("--godwit")
{
    Description = "The godwit.dll to measure.",
    DefaultValueFactory = _ => Path.Combine(Repository.Workspace, "godwit", "godwit.dll"),
};
var revision = new Option<string?>("--revision") { Description = "What it was built from, for the results." };
var output = new Option<string?>("--output")
{
    Description =
        "Where the results go. Default: bench/RESULTS.md for a full run, artifacts/bench/RESULTS.md for a try.",
};
var keep = new Option<bool>("--keep") { Description = "Keep the servers' logs, below artifacts/bench/tmp." };

var command = new RootCommand("Moves the same data in several ways, side by side, and writes a page of results.")
{
    data,
    scale,
    runs,
    only,
    server,
    godwit,
    revision,
    output,
    keep,
};
command.SetAction(
    async (parsed, cancellationToken) =>
    {
        var options = new RunOptions
        {
            Data = parsed.GetRequiredValue(data),
            Scale = parsed.GetRequiredValue(scale),
            Runs = parsed.GetRequiredValue(runs),
            Only = parsed.GetValue(only),
            Server = parsed.GetRequiredValue(server),
            Godwit = Path.GetFullPath(parsed.GetRequiredValue(godwit)),
            Revision = parsed.GetValue(revision),
            Output = parsed.GetValue(output),
            Keep = parsed.GetValue(keep),
        };
        try
        {
            await new SideBySideRun(options, TimeProvider.System, Console.Error).RunAsync(cancellationToken);
            return 0;
        }
        catch (BenchException exception)
        {
            await Console.Error.WriteLineAsync($"bench/run: {exception.Message}");
            return 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("bench/run: stopped; there are no results.");
            return 130;
        }
    }
);

// After a signal there are servers to end and directories to delete.
var invocation = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) };
return await command.Parse(args).InvokeAsync(invocation);
