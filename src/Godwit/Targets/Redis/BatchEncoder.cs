using System.Buffers;
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
    private const string WrongChecksum = "the checksum of what the source gave is wrong";

    private readonly RedisTargetOptions _options;
    private readonly TargetProfile _profile;
    private readonly TimeProvider _timeProvider;

    // The longest bulk string that a server takes by default (proto-max-bulk-len).
    private const int MaxBulk = 512 * 1024 * 1024;

    // A buffer that one long value has blown up is not kept.
    private const int KeptBuffer = 1024 * 1024;

    private readonly ValueDecoder _decoder = new();
    private readonly ValueCommands _commands;
    private readonly PendingIds _pendingIds = new();
    private readonly GuardNames _guards;
    private readonly bool _isAsking;
    private readonly Dictionary<int, bool> _databases;
    private ArrayBufferWriter<byte> _transaction = new();
    private int _database;

    public BatchEncoder(
        RedisTargetOptions options,
        TargetProfile profile,
        TimeProvider timeProvider,
        int database,
        bool isAsking = false
    )
    {
        _options = options;
        _profile = profile;
        _timeProvider = timeProvider;
        _database = database;
        _databases = new Dictionary<int, bool> { [database] = true };
        _commands = new ValueCommands(profile, Now);
        _guards = new GuardNames(options.IsCluster);
        _isAsking = isAsking;
        LargeValues = new LargeValueWriter(options, profile, _commands, _guards);
    }

    /// <summary>Writes values that come in pieces, to the same connection.</summary>
    public LargeValueWriter LargeValues { get; }

    /// <summary>The entry's database at the target.</summary>
    public int DatabaseOf(in Entry entry) => _options.DatabaseOf(entry.Database);

    /// <summary>The entry's database at the target, if nobody knows yet whether it exists; see <see cref="Learn"/>.</summary>
    public int? NewDatabaseOf(in Entry entry)
    {
        var database = DatabaseOf(entry);
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
    /// <returns>
    /// Bytes to be sent behind what was written, if they are too many to be copied; <see cref="EncodeRest"/> must follow them.
    /// </returns>
    public ReadOnlyMemory<byte> Encode(PendingBatch pending, int index, IBufferWriter<byte> output)
    {
        ref readonly var entry = ref pending.Batch.Entries[index];
        switch (entry.Kind)
        {
            case EntryKind.Function:
                EncodeFunction(pending, index, output);
                return default;
            case EntryKind.ModuleAux:
                pending.Batch.Account.FailOrLose(
                    pending.Batch,
                    entry,
                    Losses.ModuleAux,
                    "what this module keeps beside the keys cannot be written to a server by any command"
                );
                return default;
        }

        if (IsSettledAtOnce(pending.Batch, entry))
            return default;

        var database = DatabaseOf(entry);
        if (SignatureFor(pending.Batch, entry) is { } version)
        {
            // A new signature must not vouch for bytes that the old one shows to be damaged.
            if (version != pending.Batch.Version.Number && !pending.Batch.IsIntact(entry))
                pending.Batch.Account.Fail(pending.Batch, entry, WrongChecksum);
            else
                return EncodeRestore(pending, index, version, database, output);
        }
        else if (WhyNotByCommands(pending.Batch, entry) is { } obstacle)
        {
            pending.Batch.Account.Fail(pending.Batch, entry, obstacle);
        }
        else
        {
            EncodeCommands(pending, index, database, output);
        }

        return default;
    }

    /// <summary>Writes what stands behind the bytes that <see cref="Encode"/> gave for this entry.</summary>
    public void EncodeRest(PendingBatch pending, int index, IBufferWriter<byte> output)
    {
        ref readonly var entry = ref pending.Batch.Entries[index];
        var version = SignatureFor(pending.Batch, entry)!.Value;
        RestoreCommand.WriteRest(output, pending.Batch, entry, version, _options.OnExisting == OnExisting.Replace);
    }

    /// <summary>
    /// Begins the only entry of <paramref name="batch"/>, whose value comes in pieces: chooses its database. A key whose fate is
    /// known without asking the server is settled at once.
    /// </summary>
    /// <returns>False if nothing is to be written.</returns>
    public bool TryBeginLarge(EntryBatch batch, PendingBatch pending, IBufferWriter<byte> output)
    {
        ref readonly var entry = ref batch.Entries[0];
        if (IsSettledAtOnce(batch, entry))
            return false;

        Select(pending, DatabaseOf(entry), output);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _decoder.Dispose();

    /// <summary>Why a hash fails at a target that cannot hold what its fields expire at.</summary>
    public static string FieldExpiriesAreLost(TargetProfile profile) =>
        $"fields of this hash expire, which {profile.Server} cannot hold (it takes Redis 7.4 or Valkey 9.0); "
        + "--allow-loss field-ttl writes them without";

    private long Now() => _profile.Clock.Earliest(_timeProvider);

    private bool IsSettledAtOnce(EntryBatch batch, in Entry entry)
    {
        if (entry.ExpireAt != Entry.None && entry.ExpireAt <= Now())
        {
            batch.Account.Settle(batch, entry, Outcome.Expired);
            return true;
        }

        if (WhyNotInto(batch.Account, entry, DatabaseOf(entry)) is not { } reason)
            return false;

        batch.Account.Fail(batch, entry, reason);
        return true;
    }

    private string? WhyNotInto(Account account, in Entry entry, int database)
    {
        if (!_databases[database])
            return $"{_profile.Server} has no database {database}, or does not let us use it";
        return _options.Database is null || account.IsOfOneDatabase || _options.ClaimSourceDatabase(entry.Database)
            ? null
            : "the target's URI names one database, and this key is in another one than those before it";
    }

    private int? SignatureFor(EntryBatch batch, in Entry entry) =>
        _options.Write == WriteMode.Commands || 1L + entry.ValueLength + DumpPayload.FooterLength > MaxBulk
            ? null
            : _profile.Restore.SignatureFor(entry.Type, batch.Version);

    private string? WhyNotByCommands(EntryBatch batch, in Entry entry)
    {
        if (_options.Write == WriteMode.Restore || !entry.Type.IsKnown() || entry.Type.Kind() == ValueKind.Module)
            return CannotRestore(entry, batch.Version);
        if (!_profile.HasTransactions)
            return $"{CannotRestore(entry, batch.Version)}, and does not let us use MULTI for the type's own commands";
        return batch.IsIntact(entry) ? null : WrongChecksum;
    }

    private void Select(PendingBatch pending, int database, IBufferWriter<byte> output)
    {
        if (database == _database)
            return;

        new RespWriter(output).WriteCommand("SELECT", database);
        pending.Add(new Step(StepKind.Select, -1));
        _database = database;
    }

    // It holds for one command; for a transaction, from MULTI to EXEC.
    private void Ask(PendingBatch pending, IBufferWriter<byte> output)
    {
        if (!_isAsking)
            return;

        new RespWriter(output).WriteCommand("ASKING");
        pending.Add(new Step(StepKind.Asking, -1));
    }

    private ReadOnlyMemory<byte> EncodeRestore(
        PendingBatch pending,
        int index,
        int version,
        int database,
        IBufferWriter<byte> output
    )
    {
        Select(pending, database, output);
        Ask(pending, output);
        ref readonly var entry = ref pending.Batch.Entries[index];
        RestoreCommand.Write(output, pending.Batch, entry, version, _options.OnExisting == OnExisting.Replace);
        pending.Add(new Step(StepKind.Restore, index));
        _options.Ways.UsedRestore = true;
        return entry.ValueLength < RestoreCommand.LongValue ? default : pending.Batch.ValueMemory(entry);
    }

    private void EncodeFunction(PendingBatch pending, int index, IBufferWriter<byte> output)
    {
        ref readonly var entry = ref pending.Batch.Entries[index];
        if (!_profile.HasFunctions)
        {
            pending.Batch.Account.FailOrLose(
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
    // under a name that nobody has and takes the key's own name only if that is free at the same moment. It is encoded apart
    // first: a value that proves damaged halfway has then sent nothing.
    private void EncodeCommands(PendingBatch pending, int index, int database, IBufferWriter<byte> output)
    {
        ref readonly var entry = ref pending.Batch.Entries[index];
        var key = pending.Batch.Key(entry);
        var replace = _options.OnExisting == OnExisting.Replace;
        var name = replace ? key.ToArray() : _guards.Of(key);
        var writer = new RespWriter(_transaction);
        writer.WriteCommand("MULTI");
        if (replace)
            WriteKeyCommand(writer, "DEL"u8, key);
        if (!TryEncodeValue(pending.Batch, entry, name))
        {
            ResetTransaction();
            return;
        }

        if (entry.ExpireAt != Entry.None)
        {
            writer.WriteArrayHeader(3);
            writer.WriteBulk("PEXPIREAT"u8);
            writer.WriteBulk(name);
            writer.WriteBulk(entry.ExpireAt);
        }

        if (!replace)
        {
            writer.WriteArrayHeader(3);
            writer.WriteBulk("RENAMENX"u8);
            writer.WriteBulk(name);
            writer.WriteBulk(key);
            WriteKeyCommand(writer, "DEL"u8, name);
        }

        writer.WriteCommand("EXEC");
        var count = _commands.Count + (replace ? 1 : 2) + (entry.ExpireAt != Entry.None ? 1 : 0);
        Select(pending, database, output);
        Ask(pending, output);
        output.Write(_transaction.WrittenSpan);
        ResetTransaction();
        if (_commands.LostFieldExpiries)
            pending.Batch.Account.Lost.Add(Losses.FieldExpiries);
        if (entry.IdleSeconds != Entry.None || entry.Frequency != Entry.None)
            pending.Batch.Account.Lost.Add(Losses.Idle);
        pending.Add(new Step(StepKind.Transaction, index, count, replace ? Naming.None : Naming.RenameIfFree));
        _options.Ways.UsedCommands = true;
    }

    // False if there is nothing to write, and the entry is settled.
    private bool TryEncodeValue(EntryBatch batch, in Entry entry, ReadOnlySpan<byte> name)
    {
        _commands.Begin(_transaction, name);
        try
        {
            if (entry.Type.Kind() == ValueKind.Stream)
                _commands.ExpectPending(PendingIdsOf(entry, batch));
            _decoder.Decode(entry.Type, batch.Version, batch.Value(entry), _commands);
            _commands.End();
        }
        catch (RdbFormatException exception)
        {
            batch.Account.Fail(
                batch,
                entry,
                $"the value is damaged: {exception.What} at byte {exception.Offset} of it"
            );
            return false;
        }

        if (_commands.LostFieldExpiries && !batch.Account.Allowed.HasFlag(Losses.FieldExpiries))
        {
            batch.Account.Fail(batch, entry, FieldExpiriesAreLost(_profile));
            return false;
        }

        if (_commands.Count > 0)
            return true;

        // All that the value had were fields whose time is over.
        batch.Account.Settle(batch, entry, Outcome.Expired);
        return false;
    }

    private void ResetTransaction()
    {
        if (_transaction.Capacity > KeptBuffer)
            _transaction = new ArrayBufferWriter<byte>();
        else
            _transaction.ResetWrittenCount();
    }

    private StreamId[] PendingIdsOf(in Entry entry, EntryBatch batch)
    {
        _pendingIds.Clear();
        _decoder.Decode(entry.Type, batch.Version, batch.Value(entry), _pendingIds);
        return _pendingIds.ToArray();
    }

    private string CannotRestore(in Entry entry, RdbVersion version) =>
        entry.Type.IsKnown() && entry.Type.Kind() == ValueKind.Module
            ? $"a module's value can only be restored, and {_profile.Server} does not take {version}"
            : $"{_profile.Server} cannot restore {entry.ValueLength} bytes of type {(byte)entry.Type} of {version}";

    private static void WriteKeyCommand(RespWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key)
    {
        writer.WriteArrayHeader(2);
        writer.WriteBulk(name);
        writer.WriteBulk(key);
    }
}
