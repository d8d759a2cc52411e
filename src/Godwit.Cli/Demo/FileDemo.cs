using Godwit.Cli.Terminal;
using Godwit.Endpoints;

namespace Godwit.Cli.Demo;

/// <summary>
/// The demo without any server: the RDB file that comes with the program, which Redis 8.0 wrote, into JSON. What must arrive
/// is known from a list that the same server gave of its keys.
/// </summary>
internal sealed class FileDemo(ServerChoice choice, DemoMigration migration, DemoScreen screen)
{
    private const string RdbName = "demo.rdb";
    private const string JsonName = "keys.ndjson";
    private const int ShownLines = 3;
    private const int ShownColumns = 74;

    /// <summary>Runs it.</summary>
    /// <returns>True if every key arrived.</returns>
    public async Task<bool> RunAsync(DemoDirectory directory, CancellationToken stop)
    {
        screen.Step("Take the RDB file that comes with Godwit");
        screen.Line("why", $"there is no server to show it on: {choice.Why}");
        var rdb = directory.PathOf(RdbName);
        await EmbeddedFile.CopyAsync(RdbName, rdb, stop).ConfigureAwait(false);
        var expected = DemoKeyList.OfDemoFile();
        screen.Line("written by", "redis 8.0");
        screen.Line("keys", $"{Quantity.Count(expected.Count)}, of every type, in 3 databases");

        var json = directory.PathOf(JsonName);
        await migration
            .RunAsync(new RdbFileEndpoint(rdb), new JsonEndpoint(json), directory, stop)
            .ConfigureAwait(false);
        screen.Line("such as");
        foreach (var line in File.ReadLines(json).Take(ShownLines))
            screen.Line(line.Length <= ShownColumns ? line : $"{line[..(ShownColumns - 3)]}...");
        return Check(expected, json);
    }

    private bool Check(DemoKeyList expected, string json)
    {
        screen.Step("Check the JSON against the list of keys that the server gave");
        var differences = expected.DifferencesTo(DemoKeyList.OfJson(json));
        if (differences.Count > 0)
        {
            screen.Verdict(false, "Different:", $"{Quantity.Keys(differences.Count)} did not arrive as in the list.");
            screen.Differences(differences);
            return false;
        }

        screen.Verdict(
            true,
            "All there:",
            $"{Quantity.Keys(expected.Count)}, each with its database, type and expiry. "
                + "With a redis-server or valkey-server on PATH the demo compares the values too."
        );
        return true;
    }
}
