using System.Diagnostics.CodeAnalysis;
using static Godwit.Protocol.Rdb.LayoutStep;

namespace Godwit.Protocol.Rdb;

/// <summary>How the bytes of each type follow one another: all that is needed to find a value's end.</summary>
/// <remarks>Source: <c>src/rdb.c</c>, rdbSaveObject; rdbLoadObject for what is only read nowadays.</remarks>
internal sealed class ValueLayout
{
    /// <summary>How deep <see cref="Repeat"/> is nested: a stream's groups, and in these pending entries or consumers.</summary>
    public const int MaxDepth = 2;

    /// <summary>A module's value: its id, and its fields.</summary>
    public static ValueLayout ModuleValue { get; } = new(Number, ModuleFields);

    /// <summary>A module's fields on their own, as in module aux data.</summary>
    public static ValueLayout ModuleData { get; } = new(ModuleFields);

    private static readonly ValueLayout OneString = new(LayoutStep.String);
    private static readonly ValueLayout ManyStrings = new(Count, Strings);
    private static readonly ValueLayout ManyPairs = new(CountPairs, Strings);
    private static readonly ValueLayout HashWithTtls = new(Repeat, Number, LayoutStep.String, LayoutStep.String, Again);

    private static readonly ValueLayout[] Shared = CreateShared();
    private static readonly ValueLayout[] Redis = CreateRedis();
    private static readonly ValueLayout[] Valkey =
    [
        .. Shared,
        new(Repeat, LayoutStep.String, LayoutStep.String, EightBytes, Again),
    ];

    private ValueLayout(params LayoutStep[] steps)
    {
        Steps = [.. steps, End];
        Matching = new byte[steps.Length];
        var open = new Stack<byte>();
        for (byte i = 0; i < steps.Length; i++)
        {
            if (steps[i] == Repeat)
                open.Push(i);
            else if (steps[i] == Again)
                Matching[Matching[i] = open.Pop()] = i;
        }
    }

    public LayoutStep[] Steps { get; }

    /// <summary>For each <see cref="Repeat"/> the index of its <see cref="Again"/>, and the other way round.</summary>
    public byte[] Matching { get; }

    public static bool TryFind(RdbType type, RdbFamily family, [NotNullWhen(true)] out ValueLayout? layout)
    {
        var layouts = family == RdbFamily.Valkey ? Valkey : Redis;
        layout = (int)type < layouts.Length ? layouts[(int)type] : null;
        return layout is not null;
    }

    public static ValueLayout Find(RdbType type, RdbVersion version, long offset)
    {
        if (!TryFind(type, version.Family, out var layout))
            RdbThrow.UnknownType(type, version, offset);
        return layout;
    }

    private static ValueLayout[] CreateShared()
    {
        var layouts = new ValueLayout[(int)RdbType.HashWithExpiries22];
        Set(layouts, OneString, RdbType.String);
        Set(layouts, ManyStrings, RdbType.List, RdbType.Set, RdbType.ListQuicklist);
        Set(layouts, ManyPairs, RdbType.Hash);
        Set(layouts, new(Repeat, LayoutStep.String, LayoutStep.TextScore, Again), RdbType.SortedSetTextScores);
        Set(layouts, new(Repeat, LayoutStep.String, EightBytes, Again), RdbType.SortedSet);
        Set(layouts, ModuleValue, RdbType.Module);
        Set(layouts, OneString, RdbType.HashZipmap, RdbType.ListZiplist, RdbType.SetIntset);
        Set(layouts, OneString, RdbType.SortedSetZiplist, RdbType.HashZiplist);
        Set(layouts, OneString, RdbType.HashListpack, RdbType.SortedSetListpack, RdbType.SetListpack);
        Set(layouts, new(Repeat, Number, LayoutStep.String, Again), RdbType.ListQuicklist2);
        Set(layouts, Stream(StreamGeneration.First), RdbType.Stream);
        Set(layouts, Stream(StreamGeneration.Second), RdbType.Stream2);
        Set(layouts, Stream(StreamGeneration.Third), RdbType.Stream3);
        return layouts;
    }

    private static ValueLayout[] CreateRedis()
    {
        var layouts = new ValueLayout[(int)RdbType.HashListpackWithExpiries + 1];
        Shared.CopyTo(layouts, 0);
        Set(layouts, HashWithTtls, RdbType.HashWithExpiries22);
        Set(layouts, OneString, RdbType.HashListpackWithExpiriesPreRelease);
        Set(layouts, new([EightBytes, .. HashWithTtls.Steps[..^1]]), RdbType.HashWithExpiries);
        Set(layouts, new(EightBytes, LayoutStep.String), RdbType.HashListpackWithExpiries);
        return layouts;
    }

    private static ValueLayout Stream(StreamGeneration generation)
    {
        // Length and last id; since the second generation first id, greatest deleted id, entries added.
        LayoutStep[] info = [Number, Number, Number];
        LayoutStep[] read = [];
        LayoutStep[] times = [EightBytes];
        if (generation >= StreamGeneration.Second)
        {
            info = [.. info, Number, Number, Number, Number, Number];
            read = [Number];
        }

        if (generation >= StreamGeneration.Third)
            times = [EightBytes, EightBytes];

        LayoutStep[] pending = [Repeat, IdAndTime, Number, Again];
        LayoutStep[] consumers = [Repeat, LayoutStep.String, .. times, Ids, Again];
        LayoutStep[] groups = [Repeat, LayoutStep.String, Number, Number, .. read, .. pending, .. consumers, Again];
        return new([CountPairs, Strings, .. info, .. groups]);
    }

    private static void Set(ValueLayout[] layouts, ValueLayout layout, params ReadOnlySpan<RdbType> types)
    {
        foreach (var type in types)
            layouts[(int)type] = layout;
    }
}
