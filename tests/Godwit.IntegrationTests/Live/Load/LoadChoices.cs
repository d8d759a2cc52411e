using System.Globalization;

namespace Godwit.IntegrationTests.Live.Load;

/// <summary>The random choices that a connection of the load makes, all from its seed.</summary>
/// <param name="settings">What the load is like.</param>
/// <param name="tags">Hash tags of the keys; none where commands may touch any keys together.</param>
/// <param name="ids">Ids of stream entries, shared by all connections.</param>
/// <param name="seed">The connection's own.</param>
internal sealed class LoadChoices(LoadSettings settings, IReadOnlyList<string> tags, StreamIds ids, int seed)
{
    // Few enough that commands meet, and that a hot key is one.
    private const int KeysOfKind = 120;
    private const int HotKeys = 4;
    private const int HotShare = 4;
    private const int Members = 60;

    private static readonly Kind[] Kinds = Enum.GetValues<Kind>();

    private readonly Random _random = new(seed);
    private string _tag = "";

    public LoadSettings Settings => settings;

    /// <summary>A payload that DUMP gave.</summary>
    public byte[] Payload { get; set; } = [];

    /// <summary>The database that the connection is in.</summary>
    public int Database { get; set; }

    /// <summary>From here on keys are such as one command may have together.</summary>
    public void BeginStep()
    {
        if (tags.Count > 0)
            _tag = "{" + OneOf(tags) + "}";
    }

    public string Key(Kind kind)
    {
        var most = kind switch
        {
            Kind.Stream => 8,
            Kind.Lease => 24,
            _ => KeysOfKind,
        };
        var number = Chance(1, HotShare) ? Next(Math.Min(HotKeys, most)) : Next(most);
        return string.Create(CultureInfo.InvariantCulture, $"{_tag}{kind}:{number}");
    }

    /// <summary>A key of the same kind mostly, of any kind now and then.</summary>
    public string KeyLike(Kind kind) => Key(Chance(1, 30) ? AnyKind() : kind);

    public Kind AnyKind() => OneOf(Kinds);

    public string AnyKey() => Key(AnyKind());

    public object[] Keys(Kind kind, int count) => [.. Enumerable.Range(0, count).Select(_ => Key(kind))];

    /// <summary>Mostly short, now and then some kilobytes, in words or in noise.</summary>
    public object Value() =>
        Next(100) switch
        {
            0 => new string('v', 1000 + Next(4000)),
            1 => Noise(200 + Next(2000)),
            < 6 => Noise(Next(40)),
            < 30 => Next(100_000),
            _ => "value " + Next(1_000_000).ToString(CultureInfo.InvariantCulture),
        };

    public object[] Values(int most) => [.. Enumerable.Range(0, 1 + Next(most)).Select(_ => Value())];

    public string Member() => "m" + Next(Members).ToString(CultureInfo.InvariantCulture);

    public object[] MembersUpTo(int most) => [.. Enumerable.Range(0, 1 + Next(most)).Select(_ => Member())];

    public string Score() =>
        Chance(1, 3)
            ? (_random.NextDouble() * 1000).ToString("R", CultureInfo.InvariantCulture)
            : (1 + Next(500)).ToString(CultureInfo.InvariantCulture);

    public string Fraction() => ((_random.NextDouble() * 20) - 10).ToString("R", CultureInfo.InvariantCulture);

    public string Longitude() => ((_random.NextDouble() * 40) - 10).ToString("F6", CultureInfo.InvariantCulture);

    public string Latitude() => (35 + (_random.NextDouble() * 25)).ToString("F6", CultureInfo.InvariantCulture);

    public int Next(int below) => _random.Next(below);

    public bool Chance(int of, int among) => _random.Next(among) < of;

    public T OneOf<T>(IReadOnlyList<T> choices) => choices[_random.Next(choices.Count)];

    public byte[] Noise(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Milliseconds: mostly such as pass while the load runs, else hours.</summary>
    public long LifeMilliseconds() => Chance(1, 2) ? ShortMilliseconds() : LongMilliseconds();

    public long LifeSeconds() =>
        Chance(1, 2) ? 1 + Next((int)LoadSettings.LongestShortLife.TotalSeconds) : LongSeconds();

    public long MomentMilliseconds() => NowMilliseconds() + LifeMilliseconds();

    public long MomentSeconds() => (NowMilliseconds() / 1000) + LifeSeconds();

    /// <summary>Now and then in the past.</summary>
    public long MomentMillisecondsOrPast() => Chance(1, 10) ? NowMilliseconds() - Next(5000) : MomentMilliseconds();

    /// <summary>About as long as it takes until the next command comes for a key that is renewed all the time.</summary>
    public long LeaseMilliseconds() => 20 + Next(120);

    public long LongMilliseconds() => 3_600_000L + Next(1_000_000_000);

    public long LongSeconds() => 3_600 + Next(1_000_000);

    /// <summary>An id that no stream of the load has yet.</summary>
    public string NextId() => ids.Next();

    /// <summary>Ids that streams got lately.</summary>
    public object[] LateIds(int count) => [.. Enumerable.Range(0, count).Select(_ => ids.Late(_random.Next(400)))];

    public string Group() => "g" + Next(3).ToString(CultureInfo.InvariantCulture);

    public string Consumer() => "c" + Next(3).ToString(CultureInfo.InvariantCulture);

    private long ShortMilliseconds() => 1 + Next((int)LoadSettings.LongestShortLife.TotalMilliseconds);

    private static long NowMilliseconds() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
}
