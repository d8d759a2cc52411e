using System.Buffers;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis;

/// <summary>
/// Streams by commands: the entries by XADD, then groups, consumers and what is pending for them, last of all XSETID.
/// </summary>
/// <remarks>
/// XCLAIM makes an entry pending only while that entry exists, but a stream may be trimmed below what is pending. For such ids
/// a stand-in is added in its place among the entries, claimed, and removed again. Consumers' seen and active times cannot be
/// written by any command.
/// </remarks>
internal sealed partial class ValueCommands
{
    private readonly List<StreamId> _standIns = [];
    private readonly ArrayBufferWriter<byte> _claimIds = new();
    private StreamId[] _pendingIds = [];
    private int _nextPendingId;
    private bool _isStream;
    private StreamId? _firstEntry;
    private StreamInfo _info;
    private byte[] _group = [];
    private byte[] _consumer = [];
    private bool _consumerExists;
    private (long DeliveredAt, ulong Deliveries, int Count) _claim;

    /// <summary>
    /// The ids that are pending in the stream that comes next, ascending and each once: see the remarks. Must be called between
    /// <see cref="Begin"/> and a stream's first entry.
    /// </summary>
    public void ExpectPending(StreamId[] ids) => _pendingIds = ids;

    void IValueSink.StreamEntry(StreamId id, int fieldCount)
    {
        _isStream = true;
        AddStandInsBefore(id);
        if (_nextPendingId < _pendingIds.Length && _pendingIds[_nextPendingId] == id)
            _nextPendingId++;

        _firstEntry ??= id;
        Command("XADD"u8, 1 + (2 * fieldCount)).WriteBulk(id.ToString());
    }

    void IValueSink.StreamField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        var writer = new RespWriter(_output);
        writer.WriteBulk(field);
        writer.WriteBulk(value);
    }

    void IValueSink.StreamInfo(in StreamInfo info)
    {
        _isStream = true;
        _info = info;
        AddStandInsBefore(null);

        // No command makes an empty stream but this one.
        if (_firstEntry is null && _standIns.Count == 0)
        {
            WriteXGroup("CREATE"u8, "godwit"u8, "0"u8, "MKSTREAM"u8);
            WriteXGroup("DESTROY"u8, "godwit"u8);
        }
    }

    void IValueSink.StreamGroup(ReadOnlySpan<byte> name, StreamId lastDelivered, ulong? entriesRead)
    {
        EndConsumer();
        _group = name.ToArray();
        if (entriesRead is { } read && profile.HasStreamCounters)
        {
            var command = WriteXGroupHead("CREATE"u8, 4);
            command.WriteBulk(lastDelivered.ToString());
            command.WriteBulk("ENTRIESREAD"u8);
            command.WriteBulk((long)read);
        }
        else
        {
            WriteXGroupHead("CREATE"u8, 2).WriteBulk(lastDelivered.ToString());
        }
    }

    void IValueSink.StreamConsumer(ReadOnlySpan<byte> name, long seenAt, long activeAt)
    {
        EndConsumer();
        _consumer = name.ToArray();
        _consumerExists = false;
        if (profile.HasCreateConsumer)
        {
            WriteXGroupHead("CREATECONSUMER"u8, 2).WriteBulk(_consumer);
            _consumerExists = true;
        }
    }

    void IValueSink.StreamPending(StreamId id, long deliveredAt, ulong deliveries)
    {
        if (_claim.Count > 0 && (_claim.DeliveredAt != deliveredAt || _claim.Deliveries != deliveries || ClaimIsLong))
            FlushClaim();

        new RespWriter(_claimIds).WriteBulk(id.ToString());
        Claims++;
        _claim = (deliveredAt, deliveries, _claim.Count + 1);
        _consumerExists = true;
    }

    private bool ClaimIsLong => _claim.Count >= MaxCommandElements;

    /// <summary>Ids for which XCLAIM was written since <see cref="Begin"/>.</summary>
    public long Claims { get; private set; }

    private void BeginStream()
    {
        Claims = 0;
        _standIns.Clear();
        _pendingIds = [];
        _nextPendingId = 0;
        _isStream = false;
        _firstEntry = null;
        _info = default;
        _consumer = [];
        _consumerExists = true;
        _claim = default;
        _claimIds.ResetWrittenCount();
    }

    private void EndStream()
    {
        if (!_isStream)
            return;

        EndConsumer();
        RemoveStandIns();

        // Servers estimate the count of a stream that is older than the counter by its length (rdb.c, rdbLoadObject).
        var added = _info.EntriesAdded ?? _info.Length;
        if (profile.HasStreamCounters)
        {
            var command = Command("XSETID"u8, 5);
            command.WriteBulk(_info.LastId.ToString());
            command.WriteBulk("ENTRIESADDED"u8);
            command.WriteBulk((long)added);
            command.WriteBulk("MAXDELETEDID"u8);
            command.WriteBulk((_info.MaxDeletedId ?? default).ToString());
        }
        else
        {
            Command("XSETID"u8, 1).WriteBulk(_info.LastId.ToString());
        }
    }

    private void AddStandInsBefore(StreamId? id)
    {
        for (; _nextPendingId < _pendingIds.Length; _nextPendingId++)
        {
            var pending = _pendingIds[_nextPendingId];
            if (id is { } limit && pending >= limit)
                return;

            var command = Command("XADD"u8, 3);
            command.WriteBulk(pending.ToString());
            command.WriteBulk(""u8);
            command.WriteBulk(""u8);
            _standIns.Add(pending);
        }
    }

    // XTRIM leaves the stream's greatest deleted id alone, as the trimming at the source did; XDEL raises it.
    private void RemoveStandIns()
    {
        var trimmed = 0;
        while (profile.HasTrimByMinId && trimmed < _standIns.Count && !(_standIns[trimmed] > _firstEntry))
            trimmed++;

        if (trimmed > 0)
        {
            var command = Command("XTRIM"u8, 3);
            command.WriteBulk(_firstEntry is null ? "MAXLEN"u8 : "MINID"u8);
            command.WriteBulk("="u8);
            command.WriteBulk(_firstEntry is { } first ? first.ToString() : "0");
        }

        for (; trimmed < _standIns.Count; trimmed++)
            Command("XDEL"u8, 1).WriteBulk(_standIns[trimmed].ToString());
    }

    private void EndConsumer()
    {
        FlushClaim();

        // Before 6.2 reading its own (empty) history is what makes a consumer.
        if (!_consumerExists)
        {
            var writer = NextCommand(7);
            writer.WriteBulk("XREADGROUP"u8);
            writer.WriteBulk("GROUP"u8);
            writer.WriteBulk(_group);
            writer.WriteBulk(_consumer);
            writer.WriteBulk("STREAMS"u8);
            writer.WriteBulk(_key);
            writer.WriteBulk("0"u8);
        }

        _consumerExists = true;
    }

    private void FlushClaim()
    {
        if (_claim.Count == 0)
            return;

        var command = Command("XCLAIM"u8, 3 + _claim.Count + 6);
        command.WriteBulk(_group);
        command.WriteBulk(_consumer);
        command.WriteBulk(0);
        command.WriteRaw(_claimIds.WrittenSpan);
        command.WriteBulk("TIME"u8);
        command.WriteBulk(_claim.DeliveredAt);
        command.WriteBulk("RETRYCOUNT"u8);
        command.WriteBulk((long)_claim.Deliveries);
        command.WriteBulk("FORCE"u8);
        command.WriteBulk("JUSTID"u8);
        _claimIds.ResetWrittenCount();
        _claim = default;
    }

    private void WriteXGroup(
        ReadOnlySpan<byte> subcommand,
        ReadOnlySpan<byte> group,
        ReadOnlySpan<byte> third = default,
        ReadOnlySpan<byte> fourth = default
    )
    {
        _group = group.ToArray();
        var command = WriteXGroupHead(subcommand, 1 + (third.IsEmpty ? 0 : 1) + (fourth.IsEmpty ? 0 : 1));
        if (!third.IsEmpty)
            command.WriteBulk(third);
        if (!fourth.IsEmpty)
            command.WriteBulk(fourth);
    }

    // XGROUP SUBCOMMAND key group, and arguments - 1 more.
    private RespWriter WriteXGroupHead(ReadOnlySpan<byte> subcommand, int arguments)
    {
        var writer = NextCommand(3 + arguments);
        writer.WriteBulk("XGROUP"u8);
        writer.WriteBulk(subcommand);
        writer.WriteBulk(_key);
        writer.WriteBulk(_group);
        return writer;
    }
}
