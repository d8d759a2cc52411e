using System.Diagnostics;
using System.Globalization;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Live.Load;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live.Faults;

/// <summary>One load with one fault after the other, and what must hold at its end.</summary>
internal sealed class FaultRun(ServerVersion sourceVersion, ServerVersion targetVersion, int seed, int count)
{
    private readonly List<string> _struck = [];

    public async Task ShouldEndEqualAsync()
    {
        await using var stage = await FaultStage.SetAsync(
            sourceVersion,
            targetVersion,
            sourceSaves: seed % 2 == 0,
            new()
            {
                Seed = seed,
                CommandsPerSecond = 5_000,
                SurvivesTheServer = true,
                FieldExpiry = await HasFieldExpiryAsync(),
            }
        );
        try
        {
            await RunAsync(stage);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new FaultRunException(Describe(exception, stage), exception);
        }
    }

    private async Task RunAsync(FaultStage stage)
    {
        var clock = Stopwatch.StartNew();
        stage.Program.Start();
        foreach (var fault in FaultPlan.Of(seed, count))
        {
            await stage.Program.EnsureRunsAsync();
            if (!fault.AtAnyMoment)
            {
                using var client = stage.Target.Connect();
                await stage.Program.AdvanceAsync(client);
            }

            await stage.Load.SendMoreAsync(fault.CommandsBefore);
            await stage.Program.EnsureRunsAsync();
            Note($"{clock.Elapsed.TotalSeconds.ToString("F2", CultureInfo.InvariantCulture)} s: {fault}", stage);
            await stage.StrikeAsync(fault);
        }

        await stage.Load.StopAsync();
        await stage.Program.CatchUpAsync();
        await Task.Delay(LoadSettings.LongestShortLife, TestContext.Current.CancellationToken);
        Compare(stage);
    }

    private static void Compare(FaultStage stage)
    {
        using var writer = stage.Source.Connect();
        using var reader = stage.Target.Connect();
        var differences = ServerComparison.Compare(
            ServerStateReader.Read(writer),
            ServerStateReader.Read(reader),
            LiveComparison.Options(ServerFeatures.Ask(reader))
        );
        LiveComparison.ShouldBeNone(differences);
        stage.Program.ShouldHaveLeftNothing(reader);
    }

    private void Note(string line, FaultStage stage)
    {
        _struck.Add(line);
        stage.Program.Note(line);
    }

    private async Task<bool> HasFieldExpiryAsync()
    {
        await using var target = await RedisServer.StartAsync(targetVersion);
        using var client = target.Connect();
        return ServerFeatures.Ask(client).FieldExpiry;
    }

    private string Describe(Exception exception, FaultStage stage) =>
        $"""
            {sourceVersion} to {targetVersion}, seed {seed}: {exception.Message}
            --- faults
            {string.Join('\n', _struck)}
            --- the program
            {stage.Program.Log}
            """;
}
