using System.Globalization;
using Godwit.IntegrationTests.Live.Faults;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live;

/// <summary>Whatever breaks while changes pass: in the end both sides are equal.</summary>
/// <remarks>
/// <c>./test --faults N</c> has that many faults strike, in runs of twelve with a seed each;
/// <c>GODWIT_FAULT_SEED</c> is the first of them.
/// </remarks>
public sealed class FaultTests
{
    private const string CountVariable = "GODWIT_FAULTS";
    private const string SeedVariable = "GODWIT_FAULT_SEED";

    private static readonly (ServerVersion Source, ServerVersion Target)[] Versions =
    [
        (ServerVersion.Redis70, ServerVersion.Redis70),
        (ServerVersion.Valkey91, ServerVersion.Valkey91),
        (ServerVersion.Redis80, ServerVersion.Redis70),
        (ServerVersion.Redis70, ServerVersion.Redis80),
    ];

    public static TheoryData<ServerVersion, ServerVersion, int> Runs
    {
        get
        {
            var faults = Number(CountVariable, FaultPlan.Kinds);
            var first = Number(SeedVariable, 1);
            var rows = new TheoryData<ServerVersion, ServerVersion, int>();
            for (var run = 0; run * FaultPlan.Kinds < faults; run++)
            {
                var seed = first + run;
                // Two seeds a pair, for a source of each sort.
                var (source, target) = Versions[(seed - 1) / 2 % Versions.Length];
                rows.Add(source, target, seed);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public Task Follow_FaultsDuringTheLoad_EndsEqual(ServerVersion source, ServerVersion target, int seed) =>
        new FaultRun(source, target, seed, FaultPlan.Kinds).ShouldEndEqualAsync();

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : otherwise;
}
