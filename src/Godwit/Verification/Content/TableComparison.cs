using System.Globalization;
using System.Text;
using Godwit.Verification.Differences;

namespace Godwit.Verification.Content;

/// <summary>Finds where two values of the same type differ first.</summary>
/// <param name="type">The type's name.</param>
/// <param name="tolerance">Milliseconds by which expiries of fields may differ.</param>
internal readonly struct TableComparison(string type, long tolerance)
{
    /// <summary>The first difference; one of a value before one of an expiry. Null if there is none. Sorts both.</summary>
    /// <param name="source">What is right.</param>
    /// <param name="target">What is to be like it.</param>
    /// <param name="firstIndex">What the first element of a list is counted as, and the first byte of a string.</param>
    public Difference? FindFirst(ElementTable source, ElementTable target, long firstIndex = 0)
    {
        source.Sort();
        target.Sort();
        Difference? expiry = null;
        var left = source.Rows;
        var right = target.Rows;
        var (i, j) = (0, 0);
        while (i < left.Length || j < right.Length)
        {
            var order = Order(source, left, i, target, right, j);
            if (order < 0)
                return OnlySource(source, left[i], firstIndex + i);
            if (order > 0)
                return OnlyTarget(target, right[j], firstIndex + j);

            var found = Compare(source, left[i], target, right[j], firstIndex + i);
            if (found is { Kind: not DifferenceKind.Ttl })
                return found;

            expiry ??= found;
            i++;
            j++;
        }

        return expiry;
    }

    private static int Order(
        ElementTable source,
        ReadOnlySpan<Row> left,
        int i,
        ElementTable target,
        ReadOnlySpan<Row> right,
        int j
    )
    {
        if (i == left.Length)
            return 1;
        if (j == right.Length)
            return -1;
        if (left[i].Section != right[j].Section)
            return left[i].Section.CompareTo(right[j].Section);
        return source.Key(left[i]).SequenceCompareTo(target.Key(right[j]));
    }

    private Difference OnlySource(ElementTable table, in Row row, long index) =>
        new(DifferenceKind.Value, type)
        {
            Place = PlaceOf(table, row, index),
            What = "missing at the target",
            Source = Shown(table, row),
        };

    private Difference OnlyTarget(ElementTable table, in Row row, long index) =>
        new(DifferenceKind.Value, type)
        {
            Place = PlaceOf(table, row, index),
            What = "only at the target",
            Target = Shown(table, row),
        };

    private Difference? Compare(ElementTable source, in Row left, ElementTable target, in Row right, long index)
    {
        var isUnknown = left.IsNumberUnknown || right.IsNumberUnknown;
        if (isUnknown && left.Section != Section.Group)
            return null;

        var ours = source.Value(left);
        var theirs = target.Value(right);
        if (!ours.SequenceEqual(theirs))
        {
            if (left.Section != Section.String)
                return Changed(PlaceOf(source, left, index), WhatOf(left.Section), ours, theirs);

            var at = ours.CommonPrefixLength(theirs);
            return Changed(
                new Place(PlaceKind.Byte) { Number = index + at },
                ours.Length == theirs.Length ? "value" : "length",
                ours[at..],
                theirs[at..]
            );
        }

        if (left.Deliveries != right.Deliveries)
        {
            return Difference.OfNumbers(
                type,
                PlaceOf(source, left, index),
                "delivery count",
                (long)left.Deliveries,
                (long)right.Deliveries
            );
        }

        if (left.Number == right.Number || isUnknown)
            return null;

        return left.Section switch
        {
            Section.Field => IsWithinTolerance(left.Number, right.Number)
                ? null
                : Difference.OfExpiry(type, left.Number, right.Number, PlaceOf(source, left, index)),
            Section.ScoredMember => Changed(
                PlaceOf(source, left, index),
                "score",
                Encoding.ASCII.GetBytes(Score(left.Number)),
                Encoding.ASCII.GetBytes(Score(right.Number))
            ),
            _ => Difference.OfNumbers(
                type,
                PlaceOf(source, left, index),
                left.Section switch
                {
                    Section.Group => "entries read",
                    Section.Pending => "delivery time",
                    _ => "value",
                },
                left.Number,
                right.Number
            ),
        };
    }

    private bool IsWithinTolerance(long left, long right) =>
        left >= 0 && right >= 0 && Math.Abs(left - right) <= tolerance;

    private Difference Changed(Place place, string what, ReadOnlySpan<byte> source, ReadOnlySpan<byte> target) =>
        new(DifferenceKind.Value, type)
        {
            Place = place,
            What = what,
            Source = source.ToArray(),
            Target = target.ToArray(),
        };

    private static string Score(long bits) =>
        BitConverter.Int64BitsToDouble(bits).ToString("R", CultureInfo.InvariantCulture);

    private static byte[] Shown(ElementTable table, in Row row) =>
        row.Section switch
        {
            Section.Member or Section.Consumer or Section.Group => [],
            Section.ScoredMember => Encoding.ASCII.GetBytes(Score(row.Number)),
            _ => table.Value(row).ToArray(),
        };

    private static string WhatOf(Section section) =>
        section switch
        {
            Section.Entry => "fields",
            Section.Group => "last delivered id",
            Section.Pending => "consumer",
            _ => "value",
        };

    private static Place PlaceOf(ElementTable table, in Row row, long index)
    {
        var key = table.Key(row);
        switch (row.Section)
        {
            case Section.Element:
                return new Place(PlaceKind.Index) { Number = index };
            case Section.Member or Section.ScoredMember:
                return new Place(PlaceKind.Member) { Name = key.ToArray() };
            case Section.Field:
                return new Place(PlaceKind.Field) { Name = key.ToArray() };
            case Section.Entry:
                return new Place(PlaceKind.Entry) { Id = ElementTable.ReadId(key) };
            case Section.LastId:
                return new Place(PlaceKind.LastId);
            case Section.EntriesAdded:
                return new Place(PlaceKind.EntriesAdded);
            case Section.MaxDeletedId:
                return new Place(PlaceKind.MaxDeletedId);
            case Section.Group:
                return new Place(PlaceKind.Group) { Name = key.ToArray() };
            case Section.Consumer:
                var ofConsumer = ElementTable.SplitGroup(key, out var consumer).ToArray();
                return new Place(PlaceKind.Consumer) { Name = ofConsumer, Consumer = consumer.ToArray() };
            case Section.Pending:
                var ofPending = ElementTable.SplitGroup(key, out var id).ToArray();
                return new Place(PlaceKind.Pending) { Name = ofPending, Id = ElementTable.ReadId(id) };
            default:
                return new Place(PlaceKind.Byte) { Number = index };
        }
    }
}
