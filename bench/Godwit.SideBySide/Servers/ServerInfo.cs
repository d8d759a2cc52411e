using System.Globalization;

namespace Godwit.SideBySide.Servers;

/// <summary>What <c>INFO</c> says, line by line.</summary>
internal sealed class ServerInfo
{
    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);

    /// <summary>The server's product and version.</summary>
    public string Version =>
        _fields.TryGetValue("valkey_version", out var valkey) ? $"Valkey {valkey}" : $"Redis {this["redis_version"]}";

    /// <summary>Processor time of the server and of the children it has collected.</summary>
    public TimeSpan Cpu =>
        TimeSpan.FromSeconds(
            Seconds("used_cpu_sys")
                + Seconds("used_cpu_user")
                + Seconds("used_cpu_sys_children")
                + Seconds("used_cpu_user_children")
        );

    /// <summary>A child writes a snapshot, to a file or to a replica.</summary>
    public bool IsSaving => this["rdb_bgsave_in_progress"] != "0";

    public string this[string field] =>
        _fields.TryGetValue(field, out var value) ? value : throw new BenchException($"INFO does not say {field}.");

    public static ServerInfo Parse(string text)
    {
        var info = new ServerInfo();
        foreach (var line in text.Split("\r\n"))
        {
            if (line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0)
                info._fields[line[..colon]] = line[(colon + 1)..];
        }

        return info;
    }

    /// <summary>How many keys each database has; of the section <c>keyspace</c>.</summary>
    public Keyspace Keyspace()
    {
        var keys = new SortedDictionary<int, long>();
        foreach (var (name, value) in _fields)
        {
            if (!name.StartsWith("db", StringComparison.Ordinal))
                continue;
            // keys=N,expires=N,…
            var count = value["keys=".Length..value.IndexOf(',', StringComparison.Ordinal)];
            keys.Add(
                int.Parse(name[2..], CultureInfo.InvariantCulture),
                long.Parse(count, CultureInfo.InvariantCulture)
            );
        }

        return new Keyspace(keys);
    }

    private double Seconds(string field) => double.Parse(this[field], CultureInfo.InvariantCulture);
}
