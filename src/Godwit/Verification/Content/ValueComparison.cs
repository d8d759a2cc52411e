using Godwit.Batches;
using Godwit.Protocol.Rdb;
using Godwit.Verification.Differences;
using Godwit.Verification.Files;
using Godwit.Verification.Keyspaces;

namespace Godwit.Verification.Content;

/// <summary>
/// Compares what was read of a key on both sides. Equal bytes are equal values; the others are decoded and compared by what
/// they hold. Keep one and use it for many; not by several threads at once.
/// </summary>
/// <param name="mode">What is compared.</param>
/// <param name="tolerance">Milliseconds by which expiries may differ.</param>
/// <param name="timeProvider">Tells which expiries are over.</param>
internal sealed class ValueComparison(VerifyMode mode, long tolerance, TimeProvider timeProvider) : IDisposable
{
    // From the next type on the two families' numbers mean different things.
    private const RdbType LastSharedType = RdbType.Stream3;

    private readonly ValueDecoder _decoder = new();
    private readonly ElementTable _source = new();
    private readonly ElementTable _target = new();

    /// <summary>Compares.</summary>
    /// <param name="source">What is right.</param>
    /// <param name="target">What is to be like it.</param>
    /// <param name="difference">Where it is <see cref="Verdict.Different"/>, in what.</param>
    public Verdict Compare(in KeyReading source, in KeyReading target, out Difference? difference)
    {
        difference = Find(source, target);
        if (difference is not null)
            return Verdict.Different;
        return source.Presence == KeyPresence.Gone || target.Presence == KeyPresence.Gone
            ? Verdict.Gone
            : Verdict.Equal;
    }

    /// <inheritdoc/>
    public void Dispose() => _decoder.Dispose();

    private Difference? Find(in KeyReading source, in KeyReading target)
    {
        if (source.Presence == KeyPresence.Forbidden)
            return Difference.CannotTell(null, "the source does not let us read the key");
        if (target.Presence == KeyPresence.Forbidden)
            return Difference.CannotTell(null, "the target does not let us read the key");
        if (source.Presence == KeyPresence.Gone)
            return target.Presence == KeyPresence.Gone || IsOver(target)
                ? null
                : new Difference(DifferenceKind.Extra, TypeOf(target));
        if (target.Presence == KeyPresence.Gone)
            return IsOver(source) ? null : new Difference(DifferenceKind.Missing, TypeOf(source));

        return mode switch
        {
            VerifyMode.Existence => null,
            VerifyMode.Type => FindInShape(source, target),
            VerifyMode.Ttl => FindInExpiry(source, target),
            _ => FindInValue(source, target) ?? FindInExpiry(source, target),
        };
    }

    private static Difference? FindInShape(in KeyReading source, in KeyReading target)
    {
        if (!TypeNames.AreSame(source.TypeName!, target.TypeName!))
            return Difference.OfTypes(source.TypeName!, target.TypeName!);
        return source.Length == target.Length
            ? null
            : Difference.OfNumbers(
                source.TypeName,
                new Place(PlaceKind.Length),
                "length",
                source.Length,
                target.Length
            );
    }

    private Difference? FindInExpiry(in KeyReading source, in KeyReading target)
    {
        var bothExpire = source.ExpireAt != Entry.None && target.ExpireAt != Entry.None;
        if (!bothExpire && source.ExpireAt == target.ExpireAt)
            return null;

        // What is not known exactly must be within the tolerance however it is meant, even if it looks the same; else it is
        // asked again.
        var apart = Math.Abs(source.ExpireAt - target.ExpireAt) + source.ExpiryError + target.ExpiryError;
        return bothExpire && apart <= tolerance
            ? null
            : Difference.OfExpiry(TypeOf(source), source.ExpireAt, target.ExpireAt);
    }

    private Difference? FindInValue(in KeyReading source, in KeyReading target)
    {
        if (
            source.Type == target.Type
            && (source.Type <= LastSharedType || source.Version.Family == target.Version.Family)
            && source.Value.SequenceEqual(target.Value)
        )
        {
            return null;
        }

        if (!source.Type.IsKnown() || !target.Type.IsKnown())
        {
            return Difference.CannotTell(
                source.Type.Describe(),
                "the serialized values differ, and are of a type that Godwit does not know"
            );
        }

        var (kind, other) = (source.Type.Kind(), target.Type.Kind());
        if (kind != other)
            return Difference.OfTypes(kind.Name(), other.Name());
        if (kind == ValueKind.Module)
        {
            return Difference.CannotTell(
                kind.Name(),
                "the serialized values differ, and only their module knows what that means"
            );
        }

        return FindInContent(source, target, kind.Name());
    }

    private Difference? FindInContent(in KeyReading source, in KeyReading target, string type)
    {
        try
        {
            Decode(source, _source);
        }
        catch (RdbFormatException exception)
        {
            return Difference.CannotTell(type, $"the source's value cannot be decoded: {exception.What}");
        }

        try
        {
            Decode(target, _target);
        }
        catch (RdbFormatException exception)
        {
            return Difference.CannotTell(type, $"the target's value cannot be decoded: {exception.What}");
        }

        // Some servers keep a field for a while after its time is over.
        var now = Now;
        _source.DropExpiredFields(now);
        _target.DropExpiredFields(now);
        return new TableComparison(type, tolerance).FindFirst(_source, _target);
    }

    private void Decode(in KeyReading reading, ElementTable table)
    {
        table.Clear();
        _decoder.Decode(reading.Type, reading.Version, reading.Value, table);
    }

    // It goes by itself, here as there.
    private bool IsOver(in KeyReading reading) =>
        (reading.ExpireAt != Entry.None && reading.ExpireAt <= Now + tolerance) || AreFieldsOver(reading);

    // A hash goes with the last of its fields.
    private bool AreFieldsOver(in KeyReading reading)
    {
        if (reading.Value.IsEmpty || !LengthSink.MayExpire(reading.Type))
            return false;

        var there = new LengthSink(Now + tolerance);
        try
        {
            _decoder.Decode(reading.Type, reading.Version, reading.Value, there);
        }
        catch (RdbFormatException)
        {
            return false;
        }

        return there.Length == 0;
    }

    private long Now => timeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    private static string? TypeOf(in KeyReading reading) =>
        reading.TypeName ?? (reading.Value.IsEmpty ? null : reading.Type.Describe());
}
