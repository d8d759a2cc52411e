using System.Globalization;
using Godwit.Migration;

namespace Godwit.Dynomite;

/// <summary>Makes sense of a node's configuration.</summary>
/// <remarks>
/// Format and defaults: Dynomite, <c>src/dyn_conf.c</c>: conf_pool_init, conf_add_dyn_server, conf_add_server,
/// conf_validate_pool; tokens: <c>src/dyn_token.c</c>, derive_tokens.
/// </remarks>
internal static class DynomiteConfReader
{
    private const string Root = "dyn_o_mite";
    private const int DefaultListenPort = 8101;
    private const string Redis = "0";

    // As much as any configuration has, and nothing that would hurt us.
    private const int MostSeeds = 10_000;

    /// <summary>Reads it.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="RefusedException">It is no YAML, no configuration of Dynomite, or of a node that holds no Redis data.</exception>
    public static DynomiteConf Read(string text, string file)
    {
        var settings = FlatYaml.Read(text, Root, file);
        var store = Single(settings, "data_store", file) ?? Redis;
        if (store is not (Redis or "redis"))
        {
            throw new RefusedException(
                $"{file} describes a node over memcached (data_store: {store}), which has nothing that Redis could take",
                "Name a Dynomite cluster over Redis (data_store: 0)."
            );
        }

        var servers = settings.GetValueOrDefault("servers") ?? [];
        if (servers.Count != 1)
            throw Wrong(file, "servers", $"{servers.Count} of them", "one server, as host:port:weight");
        var seeds = settings.GetValueOrDefault("dyn_seeds") ?? [];
        if (seeds.Count > MostSeeds)
            throw Wrong(file, "dyn_seeds", $"{seeds.Count} of them", $"at most {MostSeeds}");
        return new DynomiteConf
        {
            File = file,
            Datacenter = Single(settings, "datacenter", file) ?? "localdc",
            Rack = Single(settings, "rack", file) ?? "localrack",
            Listen = Single(settings, "dyn_listen", file) is { } listen
                ? Address(listen, file, "dyn_listen")
                : new HostAndPort("0.0.0.0", DefaultListenPort),
            Server = Server(servers[0], file),
            Tokens = Tokens(settings.GetValueOrDefault("tokens") ?? [], file, "tokens"),
            Seeds = [.. seeds.Select(seed => Seed(seed, file))],
            Password = Single(settings, "requirepass", file) is { Length: > 0 } password ? password : null,
        };
    }

    /// <summary>Reads tokens as a user of Dynomite writes them.</summary>
    internal static IReadOnlyList<uint> Tokens(IEnumerable<string> texts, string file, string setting)
    {
        var tokens = texts
            .SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Select(token =>
                uint.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    ? number
                    : throw Wrong(file, setting, $"the token {token}", "numbers from 0 to 4294967295")
            )
            .ToArray();
        return tokens.Length > 0 ? tokens : throw Wrong(file, setting, "no token", "at least one token");
    }

    // host:port:rack:dc:tokens, where the host may be an IPv6 address.
    private static DynomiteSeed Seed(string text, string file)
    {
        const string expected = "host:port:rack:datacenter:tokens";
        var parts = text.Trim().Split(':');
        if (parts.Length < 5 || parts[^4..].Any(part => part.Length == 0) || parts[0].Length + parts.Length < 6)
            throw Wrong(file, "dyn_seeds", text, expected);
        var host = string.Join(':', parts[..^4]);
        return new DynomiteSeed(
            new HostAndPort(Unbracketed(host), Port(parts[^4], file, "dyn_seeds", text, expected)),
            parts[^3],
            parts[^2],
            Tokens([parts[^1]], file, "dyn_seeds")
        );
    }

    // host:port:weight, and a name behind a blank, which means nothing to us.
    private static HostAndPort Server(string text, string file)
    {
        const string expected = "host:port:weight";
        var words = text.Trim().Split(' ', 2)[0];
        if (words.StartsWith('/'))
            throw Wrong(file, "servers", $"the socket {words}", "an address of the network");
        var parts = words.Split(':');
        if (parts.Length < 3 || parts[^2..].Any(part => part.Length == 0) || parts[0].Length + parts.Length < 4)
            throw Wrong(file, "servers", words, expected);
        return new HostAndPort(
            Unbracketed(string.Join(':', parts[..^2])),
            Port(parts[^2], file, "servers", words, expected)
        );
    }

    private static HostAndPort Address(string text, string file, string setting)
    {
        var colon = text.LastIndexOf(':');
        if (colon <= 0)
            throw Wrong(file, setting, text, "host:port");
        return new HostAndPort(Unbracketed(text[..colon]), Port(text[(colon + 1)..], file, setting, text, "host:port"));
    }

    private static int Port(string text, string file, string setting, string found, string expected) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535
            ? port
            : throw Wrong(file, setting, found, expected);

    private static string Unbracketed(string host) => host.Trim('[', ']');

    private static string? Single(
        IReadOnlyDictionary<string, IReadOnlyList<string>> settings,
        string name,
        string file
    ) =>
        settings.GetValueOrDefault(name) switch
        {
            null => null,
            [var value] => value,
            var several => throw Wrong(file, name, $"{several.Count} values", "one value"),
        };

    private static RefusedException Wrong(string file, string setting, string found, string expected) =>
        new($"{setting} in {file} has {found}, where {expected} belongs", "Give the node's own configuration file.");
}
