using System.Globalization;
using System.Text;
using Godwit.Endpoints;
using Godwit.Protocol;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;
using Godwit.Tests.Connections;

namespace Godwit.Tests.Migration;

/// <summary>One command as it came. Words are Latin-1, so that bytes survive.</summary>
internal sealed record KeyCommand(string Name, IReadOnlyList<string> Words, int Database, int Connection)
{
    public string Key => Words.Count > 1 ? Words[1] : "";
}

/// <summary>
/// A server within the test that holds keys: as much of Redis as a migration by SCAN or into it takes. A test can answer any
/// command in its stead.
/// </summary>
internal sealed class KeyServer : IAsyncDisposable
{
    /// <summary>Instead of a reply, or at its end: the connection is closed.</summary>
    public const string Close = "\0close";

    /// <summary>Instead of a reply: nothing, ever.</summary>
    public const string Hang = "\0hang";

    private const int Version = 11;

    private readonly Lock _lock = new();
    private readonly FakeServer _server;
    private int _connections;

    public KeyServer() => _server = FakeServer.Raw(ServeAsync);

    public RedisEndpoint Endpoint => _server.Endpoint;

    /// <summary>Payload and expiry of each key; keys are Latin-1.</summary>
    public Dictionary<(int Database, string Key), (byte[] Payload, long ExpireAt)> Keys { get; } = [];

    /// <summary>Answers a command instead of the server; null leaves it to the server. Called one at a time.</summary>
    public Func<KeyCommand, string?> Intercept { get; set; } = _ => null;

    /// <summary>What SCAN gives, round by round, instead of all keys.</summary>
    public IReadOnlyList<string[]>? ScanRounds { get; set; }

    /// <summary>Lines of INFO that replace others of the same name.</summary>
    public string Info { get; set; } = "";

    public string RunId { get; init; } = Guid.NewGuid().ToString("N");

    public int Databases { get; init; } = 16;

    /// <summary>Replies go out byte by byte.</summary>
    public bool IsSlow { get; init; }

    /// <summary>Every command's name and key that came.</summary>
    public List<string> Log { get; } = [];

    /// <summary>What DUMP of a string says.</summary>
    public static byte[] StringPayload(string value)
    {
        byte[] bytes = [(byte)value.Length, .. Encoding.Latin1.GetBytes(value)];
        return Payload(RdbType.String, bytes);
    }

    public static byte[] Payload(RdbType type, byte[] value, int version = Version)
    {
        byte[] payload = [(byte)type, .. value, .. new byte[DumpPayload.FooterLength]];
        DumpPayload.WriteFooter(payload.AsSpan(1 + value.Length), version, DumpPayload.Sign(type, value, version));
        return payload;
    }

    public void Set(string key, string value, int database = 0, long expireAt = -1) =>
        Keys[(database, key)] = (StringPayload(value), expireAt);

    /// <summary>So many keys, all of one value.</summary>
    public KeyServer Fill(int count, string value = "v", int database = 0)
    {
        for (var i = 0; i < count; i++)
            Set(string.Create(CultureInfo.InvariantCulture, $"key:{i}"), value, database);
        return this;
    }

    public int Count(string logged)
    {
        lock (_lock)
            return Log.Count(line => line.StartsWith(logged, StringComparison.Ordinal));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(Stream stream, CancellationToken stop)
    {
        var session = new Session(Interlocked.Increment(ref _connections));
        var buffer = new byte[1 << 16];
        var count = 0;
        while (true)
        {
            if (count == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 2);
            var read = await stream.ReadAsync(buffer.AsMemory(count), stop);
            if (read == 0)
                return;
            count += read;
            var start = 0;
            var replies = new StringBuilder();
            while (RespValue.TryParse(buffer.AsSpan(start, count - start), out var command, out var consumed))
            {
                start += consumed;
                var reply = Answer(session, [.. command.Items.Select(w => Encoding.Latin1.GetString(w.Bytes.Span))]);
                if (reply == Hang || reply.EndsWith(Close, StringComparison.Ordinal))
                {
                    replies.Append(reply == Hang ? "" : reply[..^Close.Length]);
                    await WriteAsync(stream, replies.ToString(), stop);
                    if (reply == Hang)
                        await Task.Delay(Timeout.Infinite, stop);
                    return;
                }

                replies.Append(reply);
            }

            await WriteAsync(stream, replies.ToString(), stop);
            buffer.AsSpan(start, count - start).CopyTo(buffer);
            count -= start;
        }
    }

    private async Task WriteAsync(Stream stream, string replies, CancellationToken stop)
    {
        var bytes = Encoding.Latin1.GetBytes(replies);
        if (!IsSlow)
        {
            await stream.WriteAsync(bytes, stop);
            return;
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            await stream.WriteAsync(bytes.AsMemory(i, 1), stop);
            await Task.Yield();
        }
    }

    private string Answer(Session session, string[] words)
    {
        lock (_lock)
        {
            var name = words[0].ToUpperInvariant();
            var command = new KeyCommand(name, words, session.Database, session.Number);
            Log.Add($"{name} {command.Key}");
            var instead = Intercept(command);
            if (session.Queue is { } queue && name is not ("EXEC" or "DISCARD"))
            {
                if (instead is not null)
                {
                    session.IsSpoiled |= instead.StartsWith('-');
                    return instead;
                }

                queue.Add(command);
                return "+QUEUED\r\n";
            }

            if (instead is not null && name == "EXEC")
                session.Queue = null;
            return instead ?? Execute(session, command);
        }
    }

    private string Execute(Session session, KeyCommand command)
    {
        var words = command.Words;
        var id = (session.Database, command.Key);
        switch (command.Name)
        {
            case "INFO":
                return Bulk(InfoText());
            case "SELECT":
                var database = int.Parse(command.Key, CultureInfo.InvariantCulture);
                if (database >= Databases)
                    return "-ERR DB index is out of range\r\n";
                session.Database = database;
                return "+OK\r\n";
            case "MODULE":
                return "*0\r\n";
            case "FUNCTION":
                return command.Key == "LIST" ? "*0\r\n" : "+OK\r\n";
            case "COMMAND":
                return "*1\r\n*1\r\n+x\r\n";
            case "SCAN":
                return Scan(session.Database, command);
            case "DUMP":
                return Keys.TryGetValue(id, out var dumped) ? Bulk(dumped.Payload) : "$-1\r\n";
            case "GETRANGE":
                return Range(id, int.Parse(words[3], CultureInfo.InvariantCulture));
            case "MEMORY":
                return Keys.TryGetValue((session.Database, words[2]), out var held)
                    ? $":{held.Payload.Length}\r\n"
                    : "$-1\r\n";
            case "EXISTS":
                return Keys.ContainsKey(id) ? ":1\r\n" : ":0\r\n";
            case "PTTL":
                return Keys.TryGetValue(id, out var lasting) ? $":{(lasting.ExpireAt < 0 ? -1 : 1)}\r\n" : ":-2\r\n";
            case "PERSIST":
                if (Keys.TryGetValue(id, out var kept))
                    Keys[id] = kept with { ExpireAt = -1 };
                return ":1\r\n";
            case "PEXPIRETIME":
                return Keys.TryGetValue(id, out var expiring) ? $":{expiring.ExpireAt}\r\n" : ":-2\r\n";
            case "RESTORE":
                return Restore(id, words);
            case "SET":
                Keys[id] = (StringPayload(words[2]), -1);
                return "+OK\r\n";
            case "DEL":
                return Keys.Remove(id) ? ":1\r\n" : ":0\r\n";
            case "PEXPIREAT":
                if (Keys.TryGetValue(id, out var value))
                    Keys[id] = value with { ExpireAt = long.Parse(words[2], CultureInfo.InvariantCulture) };
                return ":1\r\n";
            case "RENAMENX":
                return Rename(id, (session.Database, words[2]));
            case "FLUSHALL":
                Keys.Clear();
                return "+OK\r\n";
            case "MULTI":
                (session.Queue, session.IsSpoiled) = ([], false);
                return "+OK\r\n";
            case "EXEC":
                return Exec(session);
            default:
                return "+OK\r\n";
        }
    }

    /// <summary>The text of a key that is a string.</summary>
    public string Text(string key, int database = 0) => TextOf(Keys[(database, key)].Payload);

    private string Range((int, string) id, int last)
    {
        if (!Keys.TryGetValue(id, out var held))
            return Bulk("");
        if (held.Payload[0] != (byte)RdbType.String)
            return "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
        var text = TextOf(held.Payload);
        return Bulk(text[..Math.Min(text.Length, last + 1)]);
    }

    private static string TextOf(byte[] payload)
    {
        using var buffer = new RdbStringBuffer();
        var cursor = new RdbCursor(payload.AsSpan(1));
        cursor.TryReadString(buffer, out var value).ShouldBeTrue();
        return Encoding.Latin1.GetString(value);
    }

    private string Exec(Session session)
    {
        if (session.Queue is not { } queue)
            return "-ERR EXEC without MULTI\r\n";
        session.Queue = null;
        return session.IsSpoiled
            ? "-EXECABORT Transaction discarded because of previous errors.\r\n"
            : $"*{queue.Count}\r\n" + string.Concat(queue.Select(command => Execute(session, command)));
    }

    private string Rename((int, string) from, (int, string) to)
    {
        if (!Keys.TryGetValue(from, out var value))
            return "-ERR no such key\r\n";
        if (!Keys.TryAdd(to, value))
            return ":0\r\n";
        Keys.Remove(from);
        return ":1\r\n";
    }

    private string Restore((int, string) id, IReadOnlyList<string> words)
    {
        var payload = Encoding.Latin1.GetBytes(words[3]);
        try
        {
            DumpPayload.Read(payload, out var type, out var version, out _);
            if (version.Number > Version || type > RdbType.Stream3)
                return "-ERR DUMP payload version or checksum are wrong\r\n";
        }
        catch (GodwitException)
        {
            return "-ERR DUMP payload version or checksum are wrong\r\n";
        }

        if (Keys.ContainsKey(id) && !words.Contains("REPLACE", StringComparer.Ordinal))
            return "-BUSYKEY Target key name already exists.\r\n";
        var expireAt = long.Parse(words[2], CultureInfo.InvariantCulture);

        // The one that probes expired in 1970.
        if (expireAt != 1)
            Keys[id] = (payload, expireAt == 0 ? -1 : expireAt);
        return "+OK\r\n";
    }

    private string Scan(int database, KeyCommand command)
    {
        var cursor = int.Parse(command.Key, CultureInfo.InvariantCulture);
        string[] keys;
        int next;
        if (ScanRounds is { } rounds)
        {
            keys = cursor < rounds.Count ? rounds[cursor] : [];
            next = cursor + 1 < rounds.Count ? cursor + 1 : 0;
        }
        else
        {
            var all = Keys.Keys.Where(id => id.Database == database).Select(id => id.Key).ToArray();
            keys = [.. all.Skip(cursor).Take(int.Parse(command.Words[^1], CultureInfo.InvariantCulture))];
            next = cursor + keys.Length < all.Length ? cursor + keys.Length : 0;
        }

        return $"*2\r\n{Bulk(next.ToString(CultureInfo.InvariantCulture))}*{keys.Length}\r\n"
            + string.Concat(keys.Select(key => Bulk(key)));
    }

    private string InfoText()
    {
        var lines = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["redis_version"] = "7.2.0",
            ["redis_mode"] = "standalone",
            ["role"] = "master",
            ["run_id"] = RunId,
        };
        foreach (var group in Keys.Keys.GroupBy(id => id.Database))
            lines[$"db{group.Key}"] = $"keys={group.Count()},expires=0,avg_ttl=0";
        foreach (var line in Info.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            lines[line.Split(':')[0]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return string.Concat(lines.Select(line => $"{line.Key}:{line.Value}\r\n"));
    }

    private static string Bulk(string text) => $"${text.Length}\r\n{text}\r\n";

    private static string Bulk(byte[] bytes) => Bulk(Encoding.Latin1.GetString(bytes));

    private sealed class Session(int number)
    {
        public int Number => number;
        public int Database { get; set; }
        public List<KeyCommand>? Queue { get; set; }
        public bool IsSpoiled { get; set; }
    }
}
