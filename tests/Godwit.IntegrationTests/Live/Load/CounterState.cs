using System.Globalization;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live.Load;

/// <summary>What the keys of a <see cref="CounterLoad"/> are to hold: each change once, in its order.</summary>
/// <param name="counts">How often each key was changed.</param>
internal sealed class CounterState(IReadOnlyList<int> counts)
{
    public long Changes => counts.Sum(count => (long)count);

    public static IReadOnlyList<int> Databases { get; } = [0, 1, 9];

    public static int DatabaseOf(int number) => Databases[number % Databases.Count];

    public static string KeyOf(int number) => string.Create(CultureInfo.InvariantCulture, $"counter:{number}");

    public void ShouldBeIn(RespClient client, string where)
    {
        List<string> wrong = [];
        for (var number = 0; number < counts.Count; number++)
        {
            client.Call("SELECT", DatabaseOf(number));
            var (expected, found) = (Expected(number), Read(client, number));
            if (!string.Equals(found, expected, StringComparison.Ordinal))
                wrong.Add(
                    $"{KeyOf(number)} is {Bytes.Quoted(found)}, not {Bytes.Quoted(expected)}{Lengths(found, expected)}"
                );
        }

        client.Call("SELECT", 0);
        wrong.ShouldBeEmpty($"{wrong.Count} keys are wrong {where}:\n{string.Join('\n', wrong.Take(10))}");
    }

    private string Expected(int number)
    {
        var changes = Enumerable.Range(1, counts[number]);
        return (number % 4) switch
        {
            0 => counts[number].ToString(CultureInfo.InvariantCulture),
            2 => Text(changes.Reverse()),
            _ => Text(changes),
        };
    }

    private static string Read(RespClient client, int number)
    {
        var key = KeyOf(number);
        return (number % 4) switch
        {
            0 or 1 => client.Call("GET", key) is byte[] text ? Bytes.Text(text) : "",
            2 => string.Concat(((object?[])client.Call("LRANGE", key, 0, -1)!).Select(item => Bytes.Text(item) + ";")),
            _ => string.Concat(((object?[])client.Call("XRANGE", key, "-", "+")!).Select(Change)),
        };
    }

    private static string Change(object? entry)
    {
        var fields = (object?[])((object?[])entry!)[1]!;
        return Bytes.Text(fields[1]) + ";";
    }

    private static string Text(IEnumerable<int> changes) =>
        string.Concat(changes.Select(change => string.Create(CultureInfo.InvariantCulture, $"{change};")));

    // Where the texts are long, the beginning alone says little.
    private static string Lengths(string found, string expected)
    {
        var same = found.Zip(expected).TakeWhile(pair => pair.First == pair.Second).Count();
        return $" ({found.Length} and {expected.Length} bytes, the first {same} the same)";
    }
}
