using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Godwit.Batches;
using Godwit.Migration;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis;

/// <summary>
/// Turns the entries of a batch into commands, and notes which replies are due. One encoder serves one connection, whose
/// chosen database it remembers.
/// </summary>
internal sealed class BatchEncoder : IDisposable
{
    private readonly RedisTargetOptions _options;
    private readonly TargetProfile _profile;
    private readonly Ledger _ledger;
    private readonly TimeProvider _timeProvider;
    private readonly ValueDecoder _decoder = new();
    private readonly ValueCommands _commands;
    private readonly PendingIds _pendingIds = new();
    private readonly byte[] _guardSuffix;
    private readonly Dictionary<int, bool> _databases;
    private int _database;

    public BatchEncoder(
        RedisTargetOptions options,
        TargetProfile profile,
        Ledger ledger,
        TimeProvider timeProvider,
        int database
    )
    {
        _options = options;
        _profile = profile;
        _ledger = ledger;
        _timeProvider = timeProvider;
        _database = database;
        _databases = new Dictionary<int, bool> { [database] = true };
        _commands = new ValueCommands(profile, Now);
        _guardSuffix = Encoding.ASCII.GetBytes($":godwit-{RandomNumberGenerator.GetHexString(12, lowercase: true)}");
    }

    /// <summary>The entry's database at the target, if nobody knows yet whether it exists; see <see cref="Learn"/>.</summary>
    public int? NewDatabaseOf(in Entry entry)
    {
        var database = _options.Database ?? entry.Database;
        return entry.Kind != EntryKind.Key || database == _database || _databases.ContainsKey(database)
            ? null
            : database;
    }

    /// <summary>Says whether the target has a database.</summary>
    public void Learn(int database, bool exists) => _databases[database] = exists;

    /// <summary>
    /// Writes the commands of <paramref name="pending"/>'s entry to <paramref name="output"/>. An entry whose fate is known
    /// without asking the server is settled at once, and nothing is written for it.
    /// </summary>
    public void Encode(PendingBatch pending, int index, IBufferWriter<byte> output)
    {
        ref readonly var entry = ref pending.Batch.Entries[index];
        switch (entry.Kind)
        {
            case EntryKind.Function:
                EncodeFunction(pending, index, output);
                return;
            case EntryKind.ModuleAux:
                _ledger.FailOrLose(
                    pending.Batch,
                    entry,
                    Losses.ModuleAux,
                    "what this module keeps beside the keys cannot be written to a server by any command"
                );
                return;
        }

        if (entry.ExpireAt != Entry.None && entry.ExpireAt <= Now())
        {
            _ledger.SettleKeys(Outcome.Expired, 1);
            return;
        }

        var database = _options.Database ?? entry.Database;
        if (WhyNotInto(entry, database) is { } reason)
        {
            _ledger.Fail(pending.Batch, entry, reason);
            return;
        }

        Select(pending, database, output);

        var signature =
            _options.Write == WriteMode.Commands
                ? null
                : _profile.Restore.SignatureFor(entry.Type, pending.Batch.Version);
        if (signature is { } version)
            EncodeRestore(pending, index, version, output);
        else if (_options.Write == WriteMode.Restore)
            _ledger.Fail(pending.Batch, entry, UnknownType(entry, pending.Batch.Version));
        else
            EncodeCommands(pending, index, output);
    }

    /// <inheritdoc/>
    public void Dispose() => _decoder.Dispose();

    private long Now() => _timeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    private string? WhyNotInto(in Entry entry, int database)
    {
        if (!_databases[database])
            return $"{_profile.Server} has no database {database}, or does not let us use it";
        return _options.Database is null || _options.ClaimSourceDatabase(entry.Database)
            ? null
            : "the target's URI names one database, and this key is in another one than those before it";
    }

    private void Select(PendingBatch pending, int database, IBufferWriter<byte> output)
    {
        if (database == _database)
            return;

        new RespWriter(output).WriteCommand("SELECT", database);
        pending.Add(new Step(StepKind.Select, -1));
        _database = database;
    }

    private void EncodeRestore(PendingBatch pending, int index, int version, IBufferWriter<byte> output)
    {
        ref readonly var entry = ref pending.Batch.Entries[index];
        RestoreCommand.Write(output, pending.Batch, entry, version, _options.OnExisting == OnExisting.Replace);
        pending.Add(new Step(StepKind.Restore, index));
        _options.Ways.UsedRestore = true;
    }

    private void EncodeFunction(PendingBatch pending, int index, IBufferWriter<byte> output)
    {
        ref readonly var entry = ref pending.Batch.Entries[index];
        if (!_profile.HasFunctions)
        {
            _ledger.FailOrLose(
                pending.Batch,
                entry,
                Losses.Functions,
                $"{_profile.Server} has no function libraries (they came with 7.0); --allow-loss functions leaves them behind"
            );
            return;
        }

        var replace = _options.OnExisting == OnExisting.Replace;
        var writer = new RespWriter(output);
        writer.WriteArrayHeader(replace ? 4 : 3);
        writer.WriteBulk("FUNCTION"u8);
        writer.WriteBulk("LOAD"u8);
        if (replace)
            writer.WriteBulk("REPLACE"u8);
        writer.WriteBulk(pending.Batch.Value(entry));
        pending.Add(new Step(StepKind.Function, index));
    }

    // One key is one transaction: it is at the target whole or not at all. Where an existing key must stay, the value is built
    // under a name that nobody has and takes the key's own name only if that is free at the same moment.
    private void EncodeCommands(PendingBatch pending, int index, IBufferWriter<byte> output)
    {
        ref readonly var entry = ref pending.Batch.Entries[index];
        if (!entry.Type.IsKnown() || entry.Type.Kind() == ValueKind.Module)
        {
            _ledger.Fail(pending.Batch, entry, UnknownType(entry, pending.Batch.Version));
            return;
        }

        var key = pending.Batch.Key(entry);
        var replace = _options.OnExisting == OnExisting.Replace;
        byte[]? guardKey = replace ? null : [.. key, .. _guardSuffix];
        var writer = new RespWriter(output);
        writer.WriteCommand("MULTI");
        var count = 0;
        if (replace)
        {
            WriteKeyCommand(writer, "DEL"u8, key);
            count++;
        }

        string? failure = null;
        _commands.Begin(output, replace ? key : guardKey);
        try
        {
            var value = pending.Batch.Value(entry);
            if (entry.Type.Kind() == ValueKind.Stream)
                _commands.ExpectPending(PendingIdsOf(entry, pending.Batch));
            _decoder.Decode(entry.Type, pending.Batch.Version, value, _commands);
            count += _commands.End();
        }
        catch (RdbFormatException exception)
        {
            failure = $"the value is damaged: {exception.What} at byte {exception.Offset} of it";
            count += _commands.Count;
        }

        if (failure is null && _commands.LostFieldExpiries && !_ledger.Allowed.HasFlag(Losses.FieldExpiries))
        {
            failure =
                $"fields of this hash expire, which {_profile.Server} cannot hold (it takes Redis 7.4 or Valkey 9.0); "
                + "--allow-loss field-ttl writes them without";
        }

        var isGone = failure is null && _commands.Count == 0 && _commands.HasExpiredFields;
        if (failure is not null || isGone)
        {
            writer.WriteCommand("DISCARD");
            pending.Discard(index, count, failure);
            return;
        }

        if (entry.ExpireAt != Entry.None)
        {
            writer.WriteArrayHeader(3);
            writer.WriteBulk("PEXPIREAT"u8);
            writer.WriteBulk(replace ? key : guardKey);
            writer.WriteBulk(entry.ExpireAt);
            count++;
        }

        if (!replace)
        {
            writer.WriteArrayHeader(3);
            writer.WriteBulk("RENAMENX"u8);
            writer.WriteBulk(guardKey);
            writer.WriteBulk(key);
            WriteKeyCommand(writer, "DEL"u8, guardKey);
            count += 2;
        }

        writer.WriteCommand("EXEC");
        if (_commands.LostFieldExpiries)
            _ledger.Lost.Add(Losses.FieldExpiries);
        if (entry.IdleSeconds != Entry.None || entry.Frequency != Entry.None)
            _ledger.Lost.Add(Losses.Idle);
        pending.Add(new Step(StepKind.Transaction, index, count, Guarded: !replace));
        _options.Ways.UsedCommands = true;
    }

    private StreamId[] PendingIdsOf(in Entry entry, EntryBatch batch)
    {
        _pendingIds.Clear();
        _decoder.Decode(entry.Type, batch.Version, batch.Value(entry), _pendingIds);
        return _pendingIds.ToArray();
    }

    private string UnknownType(in Entry entry, RdbVersion version) =>
        entry.Type.IsKnown() && entry.Type.Kind() == ValueKind.Module
            ? $"a module's value can only be restored, and {_profile.Server} does not take {version}"
            : $"{_profile.Server} cannot restore type {(byte)entry.Type} of {version}";

    private static void WriteKeyCommand(RespWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key)
    {
        writer.WriteArrayHeader(2);
        writer.WriteBulk(name);
        writer.WriteBulk(key);
    }
}
