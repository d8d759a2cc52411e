namespace Godwit.IntegrationTests.Live.Faults;

/// <summary>The faults of one run, all from a seed: each kind comes before any comes twice.</summary>
internal static class FaultPlan
{
    public static readonly int Kinds = Enum.GetValues<FaultKind>().Length;

    public static IReadOnlyList<Fault> Of(int seed, int count)
    {
        var random = new Random(seed);
        List<FaultKind> kinds = [];
        while (kinds.Count < count)
        {
            var all = Enum.GetValues<FaultKind>();
            random.Shuffle(all);
            kinds.AddRange(all);
        }

        return
        [
            .. kinds
                .Take(count)
                .Select(kind => new Fault(
                    kind,
                    CommandsBefore: 200 + random.Next(3_000),
                    AtAnyMoment: random.Next(4) == 0,
                    AtSource: random.Next(2) == 0,
                    Lasts: TimeSpan.FromMilliseconds(300 + random.Next(1_700)),
                    Bytes: 1 + random.Next(200_000)
                )),
        ];
    }
}
