using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

/// <summary>Writes down what it is given, a line an element, in the form of the texts beside the files in <c>Data</c>.</summary>
internal sealed class RecordingSink : IValueSink
{
    private const int LongestInFull = 100;

    private bool _isOrdered = true;
    private string _entry = "";
    private int _fieldsLeft;
    private readonly List<byte> _string = [];
    private readonly List<string> _lines = [];

    /// <summary>What TYPE would say.</summary>
    public string Kind { get; private set; } = "none";

    /// <summary>The elements, sorted where the type has no order of its own.</summary>
    public IReadOnlyList<string> Lines => _isOrdered ? _lines : [.. _lines.Order(StringComparer.Ordinal)];

    /// <summary>Printable bytes as they are, others as \xHH, and of long strings the length and a digest.</summary>
    public static string Escape(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            return "\"\"";
        if (value.Length > LongestInFull)
            return $"#{value.Length}:{Convert.ToHexStringLower(SHA256.HashData(value))[..16]}";

        var text = new StringBuilder();
        foreach (var character in value)
        {
            if (character is > (byte)' ' and <= (byte)'~' and not (byte)'\\')
                text.Append((char)character);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\x{character:x2}");
        }

        return text.ToString();
    }

    /// <summary>How many parts a string came in.</summary>
    public int StringParts { get; private set; }

    public void String(ReadOnlySpan<byte> value)
    {
        StringParts++;
        _string.AddRange(value);
        _lines.Clear();
        Add("string", true, Escape(CollectionsMarshal.AsSpan(_string)));
    }

    public void ListElement(ReadOnlySpan<byte> element) => Add("list", true, Escape(element));

    public void SetMember(ReadOnlySpan<byte> member) => Add("set", false, Escape(member));

    public void SortedSetMember(ReadOnlySpan<byte> member, double score) =>
        Add("zset", false, $"{Escape(member)} {BitConverter.DoubleToInt64Bits(score):x16}");

    public void HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt) =>
        Add("hash", false, $"{Escape(field)} {Escape(value)} {expireAt}");

    public void StreamEntry(StreamId id, int fieldCount)
    {
        _entry = id.ToString();
        _fieldsLeft = fieldCount;
        if (fieldCount == 0)
            Add("stream", true, _entry);
    }

    public void StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        _entry += $" {Escape(field)} {Escape(value)}";
        if (--_fieldsLeft == 0)
            Add("stream", true, _entry);
    }

    public void StreamInfo(in StreamInfo info) =>
        Add(
            "stream",
            true,
            $"info {info.Length} {info.LastId} {Known(info.FirstId)} {Known(info.MaxDeletedId)} {Known(info.EntriesAdded)}"
        );

    public void StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead) =>
        Add("stream", true, $"group {Escape(name)} {lastDelivered} {Known(entriesRead)}");

    public void StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt) =>
        Add("stream", true, $"  consumer {Escape(name)} {seenAt} {activeAt}");

    public void StreamPending(StreamId id, long deliveredAt, ulong deliveries) =>
        Add("stream", true, $"    pending {id} {deliveredAt} {deliveries}");

    public void Module(ulong moduleId, ReadOnlySpan<byte> value) =>
        Add("module", true, $"{ModuleName.Of(moduleId)} {moduleId & 1023} {Escape(value)}");

    private static string Known<T>(T? value)
        where T : struct => value?.ToString() ?? "?";

    private void Add(string kind, bool isOrdered, string line)
    {
        Kind = kind;
        _isOrdered = isOrdered;
        _lines.Add("  " + line);
    }
}
