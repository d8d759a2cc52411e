using System.Globalization;

namespace Godwit.IntegrationTests.Comparison;

/// <summary>Takes the replies that hold a value apart into details.</summary>
internal static class ValueDetails
{
    public static Dictionary<Detail, string> Of(string type, object? reply, object?[]? fieldExpiries) =>
        type switch
        {
            "string" => new() { [new(Aspects.Value, "")] = Bytes.Text(reply) },
            "list" => List((object?[])reply!),
            "set" => Set((object?[])reply!),
            "zset" => SortedSet((object?[])reply!),
            "hash" => Hash((object?[])reply!, fieldExpiries),
            "stream" => StreamDetails.Of(Pairs(reply)),
            _ => throw new ArgumentException($"a {type} cannot be taken apart", nameof(type)),
        };

    /// <summary>A score in the one form that two servers' different spellings of the same double share.</summary>
    public static string Score(string text) => Number(text).ToString("R", CultureInfo.InvariantCulture);

    public static double Number(string score) =>
        score switch
        {
            "inf" => double.PositiveInfinity,
            "-inf" => double.NegativeInfinity,
            _ => double.Parse(score, NumberStyles.Float, CultureInfo.InvariantCulture),
        };

    /// <summary>A flat reply of names and values.</summary>
    public static Dictionary<string, object?> Pairs(object? reply)
    {
        var flat = (object?[])reply!;
        var pairs = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (var i = 0; i < flat.Length; i += 2)
            pairs.Add(Bytes.Text(flat[i]), flat[i + 1]);
        return pairs;
    }

    private static Dictionary<Detail, string> List(object?[] elements)
    {
        var details = new Dictionary<Detail, string>(elements.Length);
        for (var i = 0; i < elements.Length; i++)
            details.Add(new(Aspects.Element, i.ToString(CultureInfo.InvariantCulture)), Bytes.Text(elements[i]));
        return details;
    }

    private static Dictionary<Detail, string> Set(object?[] members) =>
        members.ToDictionary(member => new Detail(Aspects.Member, Bytes.Text(member)), _ => "");

    private static Dictionary<Detail, string> SortedSet(object?[] membersAndScores)
    {
        var details = new Dictionary<Detail, string>(membersAndScores.Length);
        for (var i = 0; i < membersAndScores.Length; i += 2)
        {
            var member = Bytes.Text(membersAndScores[i]);
            details.Add(new(Aspects.Score, member), Score(Bytes.Text(membersAndScores[i + 1])));
            // Equal scores are in the order of their members: the place shows a sorted set that was put together wrongly.
            details.Add(new(Aspects.Element, (i / 2).ToString(CultureInfo.InvariantCulture)), member);
        }

        return details;
    }

    private static Dictionary<Detail, string> Hash(object?[] fieldsAndValues, object?[]? expiries)
    {
        var details = new Dictionary<Detail, string>(fieldsAndValues.Length);
        for (var i = 0; i < fieldsAndValues.Length; i += 2)
        {
            var field = Bytes.Text(fieldsAndValues[i]);
            details.Add(new(Aspects.Field, field), Bytes.Text(fieldsAndValues[i + 1]));
            if (expiries is not null && (long)expiries[i / 2]! is > 0 and var expiry)
                details.Add(new(Aspects.FieldExpiry, field), expiry.ToString(CultureInfo.InvariantCulture));
        }

        return details;
    }
}
