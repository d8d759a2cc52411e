using Godwit.Batches;
using Godwit.Migration.Throttle;
using Godwit.Protocol.Rdb;
using Godwit.Verification.Content;
using Godwit.Verification.Differences;
using Godwit.Verification.Keyspaces;
using Godwit.Verification.Large;

namespace Godwit.Verification.Files;

/// <summary>Compares what is read of a file with a server that is asked for it.</summary>
internal sealed class FileComparison(
    KeyspaceView server,
    bool isFileTarget,
    VerificationOptions options,
    SourcePace pace,
    TimeProvider timeProvider
) : IDisposable
{
    private const long MostAtOnce = 64 * 1024 * 1024;
    private const int ShareOfMemory = 16;

    private readonly ValueComparison _values = new(options.Mode, options.TtlTolerance, timeProvider);
    private readonly GroupLimits _limits = new(options, pace);
    private readonly KeyReadings _readings = new();
    private readonly ValueDecoder _decoder = new();

    // A value of the server's from here on is not read as a whole before it is known to be as long as the file's.
    private readonly long _mostAtOnce = Math.Min(MostAtOnce, options.MaxMemory / ShareOfMemory);

    /// <summary>Chooses a key of the file.</summary>
    /// <returns>The array that names it to the verdicts; null if it is not to be compared.</returns>
    public delegate byte[]? Choose(int database, ReadOnlySpan<byte> key);

    /// <summary>Compares the keys of a batch.</summary>
    public async Task CompareAsync(
        EntryBatch batch,
        Func<int, DatabasePair> pairOf,
        Choose choose,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    )
    {
        foreach (var (database, chosen) in ByDatabase(batch, choose))
        {
            var databases = pairOf(database);
            byte[][] names = [.. chosen.Keys];
            if (batch.Large is not null)
            {
                var found = await CompareLargeAsync(databases, batch, 0, names[0], cancellationToken)
                    .ConfigureAwait(false);
                await TellLargeAsync(databases, batch, 0, names[0], found, verdicts, cancellationToken)
                    .ConfigureAwait(false);
                continue;
            }

            var sizes = new long[names.Length];
            await server.MeasureAsync(NumberAtServer(databases), names, sizes, cancellationToken).ConfigureAwait(false);
            foreach (var group in _limits.Split(names, sizes))
            {
                await CompareSmallAsync(databases, batch, chosen, group.Small, verdicts, cancellationToken)
                    .ConfigureAwait(false);
                foreach (var name in group.Large)
                {
                    Difference? found;
                    if (batch.Entries[chosen[name]].Type.Kind() is ValueKind.Stream or ValueKind.Module)
                    {
                        // What cannot be taken apart is read as a whole.
                        var isHuge = sizes[Array.IndexOf(names, name)] > _mostAtOnce;
                        found = isHuge
                            ? await CompareShapeAsync(databases, batch, chosen[name], name, cancellationToken)
                                .ConfigureAwait(false)
                            : null;
                        if (found is null)
                        {
                            await CompareSmallAsync(databases, batch, chosen, [name], verdicts, cancellationToken)
                                .ConfigureAwait(false);
                            continue;
                        }
                    }
                    else
                    {
                        found = await CompareLargeAsync(databases, batch, chosen[name], name, cancellationToken)
                            .ConfigureAwait(false);
                    }

                    await TellLargeAsync(databases, batch, chosen[name], name, found, verdicts, cancellationToken)
                        .ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>Looks whether the server holds keys that the file does not.</summary>
    public async Task CompareAbsentAsync(
        DatabasePair databases,
        byte[][] names,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    )
    {
        var found = await server.FindAsync(NumberAtServer(databases), names, cancellationToken).ConfigureAwait(false);
        var kind = isFileTarget ? DifferenceKind.Missing : DifferenceKind.Extra;
        for (var i = 0; i < names.Length; i++)
        {
            if (found[i])
                verdicts.Different(databases, names[i], new Difference(kind, null));
            else
                verdicts.Gone(names[i]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _values.Dispose();
        _decoder.Dispose();
    }

    private static Dictionary<int, Dictionary<byte[], int>> ByDatabase(EntryBatch batch, Choose choose)
    {
        var byDatabase = new Dictionary<int, Dictionary<byte[], int>>();
        for (var i = 0; i < batch.Count; i++)
        {
            ref readonly var entry = ref batch.Entries[i];
            if (entry.Kind != EntryKind.Key || choose(entry.Database, batch.Key(entry)) is not { } name)
                continue;
            if (!byDatabase.TryGetValue(entry.Database, out var names))
            {
                names = new Dictionary<byte[], int>(ReferenceEqualityComparer.Instance);
                byDatabase.Add(entry.Database, names);
            }

            names.Add(name, i);
        }

        return byDatabase;
    }

    private async Task CompareSmallAsync(
        DatabasePair databases,
        EntryBatch batch,
        Dictionary<byte[], int> indices,
        byte[][] names,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    )
    {
        if (names.Length == 0)
            return;

        if (isFileTarget && pace.Keys is { } keys)
            await keys.TakeAsync(names.Length, cancellationToken).ConfigureAwait(false);
        var number = NumberAtServer(databases);
        await server.AskAsync(number, names, cancellationToken).ConfigureAwait(false);
        await server.ReadAsync(_readings, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < names.Length; i++)
        {
            var verdict = Compare(batch, indices[names[i]], i, out var difference, out var isUnclear);
            if (isUnclear)
            {
                difference = await CompareExpiryAsync(databases, batch, indices[names[i]], names[i], cancellationToken)
                    .ConfigureAwait(false);
                verdict = difference is null ? Verdict.Equal : Verdict.Different;
            }

            if (verdict == Verdict.Gone)
                verdicts.Gone(names[i]);
            else
                Tell(databases, names[i], difference, verdicts);
        }
    }

    private Verdict Compare(EntryBatch batch, int index, int read, out Difference? difference, out bool isUnclear)
    {
        ref readonly var entry = ref batch.Entries[index];
        var ofFile = new KeyReading
        {
            Presence = KeyPresence.Present,
            ExpireAt = entry.ExpireAt,
            Type = entry.Type,
            Version = batch.Version,
            Value = batch.Value(entry),
        };
        if (options.Mode == VerifyMode.Type)
        {
            var length = new LengthSink(Now);
            _decoder.Decode(entry.Type, batch.Version, batch.Value(entry), length);
            ofFile = ofFile with { TypeName = entry.Type.Describe(), Length = length.Length };
        }

        var ofServer = _readings[read];
        var verdict = isFileTarget
            ? _values.Compare(ofServer, ofFile, out difference)
            : _values.Compare(ofFile, ofServer, out difference);
        isUnclear = difference is { Kind: DifferenceKind.Ttl, Place: null } && ofServer.ExpiryError > 0;
        return verdict;
    }

    private async Task<long> LengthAsync(EntryBatch batch, int index, long now, CancellationToken cancellationToken)
    {
        var entry = batch.Entries[index];
        var length = new LengthSink(now);
        if (batch.Large is { } large)
        {
            await large
                .DecodeAsync(entry.Type, batch.Version, length, () => ValueTask.FromResult(true), cancellationToken)
                .ConfigureAwait(false);
        }
        else
        {
            _decoder.Decode(entry.Type, batch.Version, batch.Value(entry), length);
        }

        return length.Length;
    }

    private async Task<Difference?> CompareLargeAsync(
        DatabasePair databases,
        EntryBatch batch,
        int index,
        byte[] name,
        CancellationToken cancellationToken
    )
    {
        if (options.Mode != VerifyMode.Full)
        {
            var found = await CompareShapeAsync(databases, batch, index, name, cancellationToken).ConfigureAwait(false);
            return found is null && options.Mode == VerifyMode.Ttl
                ? await CompareExpiryAsync(databases, batch, index, name, cancellationToken).ConfigureAwait(false)
                : found;
        }

        var theirs = await FindAsync(databases, name, cancellationToken).ConfigureAwait(false);
        var comparison = new FileValueComparison(theirs, isFileTarget, options.TtlTolerance, timeProvider);
        return await comparison.CompareAsync(batch, index, cancellationToken).ConfigureAwait(false)
            ?? await CompareExpiryAsync(databases, batch, index, name, cancellationToken).ConfigureAwait(false);
    }

    // As much as the mode asks for of whether it is there, its type and its length.
    private async Task<Difference?> CompareShapeAsync(
        DatabasePair databases,
        EntryBatch batch,
        int index,
        byte[] name,
        CancellationToken cancellationToken
    )
    {
        var theirs = await FindAsync(databases, name, cancellationToken).ConfigureAwait(false);
        var type = (await theirs.AskAsync(cancellationToken, "TYPE", name).ConfigureAwait(false)).Text;
        var kind = batch.Entries[index].Type.Kind().Name();
        if (type == "none")
            return new Difference(isFileTarget ? DifferenceKind.Extra : DifferenceKind.Missing, kind);
        if (options.Mode is VerifyMode.Existence or VerifyMode.Ttl)
            return null;

        if (!TypeNames.AreSame(type, kind))
        {
            var (atSource, atTarget) = isFileTarget ? (type, kind) : (kind, type);
            return Difference.OfTypes(atSource, atTarget);
        }

        if (KeyQuestions.LengthCommand(type) is not { } command)
            return null;

        var ours = await LengthAsync(batch, index, Now, cancellationToken).ConfigureAwait(false);
        var reply = await theirs.AskAsync(cancellationToken, command, name).ConfigureAwait(false);
        if (ours == reply.Integer)
            return null;

        var (source, target) = isFileTarget ? (reply.Integer, ours) : (ours, reply.Integer);
        return Difference.OfNumbers(kind, new Place(PlaceKind.Length), "length", source, target);
    }

    private Task<LargeKey> FindAsync(DatabasePair databases, byte[] name, CancellationToken cancellationToken) =>
        LargeKey.FindAsync(server, NumberAtServer(databases), name, mayGoOnElsewhere: true, cancellationToken);

    private async Task<Difference?> CompareExpiryAsync(
        DatabasePair databases,
        EntryBatch batch,
        int index,
        byte[] name,
        CancellationToken cancellationToken
    )
    {
        var entry = batch.Entries[index];
        var theirs = await server.ExpiryAsync(NumberAtServer(databases), name, cancellationToken).ConfigureAwait(false);
        var (source, target) = isFileTarget ? (theirs, entry.ExpireAt) : (entry.ExpireAt, theirs);
        var bothExpire = source != Entry.None && target != Entry.None;
        return source == target || (bothExpire && Math.Abs(source - target) <= options.TtlTolerance)
            ? null
            : Difference.OfExpiry(entry.Type.Describe(), source, target);
    }

    // A key of the file whose time is over is gone from the server, and that is how it should be. A hash goes with the last of its fields.
    private async Task TellLargeAsync(
        DatabasePair databases,
        EntryBatch batch,
        int index,
        byte[] name,
        Difference? found,
        IVerdicts verdicts,
        CancellationToken cancellationToken
    )
    {
        var entry = batch.Entries[index];
        var isOver = false;
        if (found is { Kind: DifferenceKind.Missing or DifferenceKind.Extra })
        {
            var now = Now + options.TtlTolerance;
            isOver =
                (entry.ExpireAt != Entry.None && entry.ExpireAt <= now)
                || (
                    LengthSink.MayExpire(entry.Type)
                    && await LengthAsync(batch, index, now, cancellationToken).ConfigureAwait(false) == 0
                );
        }

        if (isOver)
            verdicts.Gone(name);
        else
            Tell(databases, name, found, verdicts);
    }

    private long Now => timeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    private int NumberAtServer(DatabasePair databases) => isFileTarget ? databases.Source : databases.Target;

    private static void Tell(DatabasePair databases, byte[] name, Difference? difference, IVerdicts verdicts)
    {
        if (difference is null)
            verdicts.Equal(name);
        else
            verdicts.Different(databases, name, difference);
    }
}
