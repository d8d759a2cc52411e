using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Migration.Rights;

/// <summary>A source with keys and an empty target, each with a user whose rights a test chooses.</summary>
internal sealed class LimitedPair : IAsyncDisposable
{
    private const string Library = "#!lua name=limited\nredis.register_function('limited', function() return 1 end)";

    private LimitedPair(LimitedSide source, LimitedSide target) => (Source, Target) = (source, target);

    public LimitedSide Source { get; }

    public LimitedSide Target { get; }

    /// <summary>Starts two servers, gives the users their rights, and fills the source.</summary>
    public static Task<LimitedPair> StartAsync(
        ServerVersion version,
        string[] atSource,
        string[] atTarget,
        Action<RespClient> fill
    ) => StartAsync(version, SideKind.Server, SideKind.Server, atSource, atTarget, side => fill(side.Client));

    /// <summary>Starts both, gives the users their rights, and fills the source.</summary>
    public static async Task<LimitedPair> StartAsync(
        ServerVersion version,
        SideKind from,
        SideKind to,
        string[] atSource,
        string[] atTarget,
        Action<LimitedSide> fill,
        int replicas = 0
    )
    {
        var sides = await Task.WhenAll(
            LimitedSide.StartAsync(version, from, atSource, replicas: replicas),
            LimitedSide.StartAsync(version, to, atTarget, SlotDivision.Uneven(3), replicas)
        );
        var pair = new LimitedPair(sides[0], sides[1]);
        fill(pair.Source);
        if (pair.Source.Features.Functions)
            pair.Source.AddLibrary(Library);
        return pair;
    }

    public void ShouldBeEqual(ComparisonOptions options, string more)
    {
        var differences = ServerComparison.Compare(Source.Read(), Target.Read(), options);
        string.Join('\n', differences).ShouldBeEmpty(more);
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await Target.DisposeAsync();
    }
}
