using System.Globalization;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Planning;

/// <summary>Which commands a server has run, as it counts them itself.</summary>
internal static class ServerCalls
{
    /// <summary>Begins to count anew.</summary>
    public static void Reset(RespClient client) => client.Call("CONFIG", "RESETSTAT");

    /// <summary>The commands that were run since then, in small letters: <c>config|get</c>, before 7.0 <c>config</c>.</summary>
    public static IReadOnlyList<string> Of(RespClient client) =>
        [
            .. Lines(client, "commandstats")
                .Where(line => line.StartsWith("cmdstat_", StringComparison.Ordinal))
                .Select(line => line["cmdstat_".Length..].Split(":calls=", 2))
                .Where(parts => !parts[1].StartsWith("0,", StringComparison.Ordinal))
                .Select(parts => parts[0]),
        ];

    /// <summary>Those of them that can change keys, or say so themselves.</summary>
    public static IReadOnlyList<string> Writes(RespClient client)
    {
        var writes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var command in ((object?[])client.Call("COMMAND")!).Cast<object?[]>())
            Add(command);
        return [.. Of(client).Where(writes.Contains)];

        void Add(object?[] command)
        {
            if (((object?[])command[2]!).Any(flag => Bytes.Text(flag) == "write"))
                writes.Add(Bytes.Text(command[0]));
            // Since 7.0 the subcommands stand at the end.
            foreach (var subcommand in command.Length > 9 ? (object?[])command[9]! : [])
                Add((object?[])subcommand!);
        }
    }

    /// <summary>Snapshots that replicas have asked for.</summary>
    public static long Snapshots(RespClient client) =>
        Lines(client, "stats")
            .Where(line => line.StartsWith("sync_", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.Split(':')[1], CultureInfo.InvariantCulture));

    private static string[] Lines(RespClient client, string section) =>
        Bytes.Text(client.Call("INFO", section)).Split("\r\n");
}
