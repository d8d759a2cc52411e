using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Clusters;

namespace Godwit.IntegrationTests.Live.Clusters;

/// <summary>Two clusters, a client that writes to the first, and the program that follows it.</summary>
internal sealed class ClusterRun : IAsyncDisposable
{
    private readonly SlotWriter _writer;

    private ClusterRun(LoadedSide source, LoadedSide target, string[] options)
    {
        (Source, Target) = (source, target);
        Program = new FollowingProgram(source.Uri, target.Uri, options);
        _writer = SlotWriter.Start(source.Cluster!, seed: 7);
    }

    public LoadedSide Source { get; }

    public LoadedSide Target { get; }

    public FollowingProgram Program { get; }

    public static async Task<ClusterRun> StartAsync(
        ServerVersion version,
        ClusterSettings from,
        ClusterSettings to,
        params string[] options
    ) =>
        await Task.WhenAll(LoadedSide.StartAsync(version, from), LoadedSide.StartAsync(version, to))
            is [var source, var target]
            ? new(source, target, options)
            : throw new InvalidOperationException();

    /// <summary>Waits until the client has written so much more.</summary>
    public Task WriteAsync(int changes)
    {
        var enough = _writer.Written + changes;
        return Wait.UntilAsync(
            () => _writer.Written >= enough,
            $"{changes} more changes are written",
            () => $"{_writer.Written} of {enough}\n{Program.Log}"
        );
    }

    /// <summary>The clusters at the chosen ends.</summary>
    public IEnumerable<TestCluster> Clusters(bool atSource, bool atTarget)
    {
        if (atSource)
            yield return Source.Cluster!;
        if (atTarget)
            yield return Target.Cluster!;
    }

    /// <summary>Moves slots of a cluster, while the client writes so much before and so much after.</summary>
    public async Task MoveSlotsAsync(TestCluster cluster, int changes)
    {
        await WriteAsync(changes);
        var (first, second) = (cluster.Primaries[0], cluster.Primaries[1]);
        var slots = cluster.Owners().Where(owner => owner.Value == first).Select(owner => owner.Key).Take(400);
        await cluster.MoveAsync([.. slots], first, second);

        // One is left with keys at both ends for a while.
        var move = cluster.BeginMove(HashSlot.Of("slot 60"u8), cluster.Primaries[2], keysLeftBehind: 1);
        await WriteAsync(changes);
        await move.FinishAsync();
    }

    /// <summary>A node joins the source and takes slots, and another gives away all of its own.</summary>
    public async Task JoinAndLeaveAsync(int changes)
    {
        var cluster = Source.Cluster!;
        var joined = await cluster.AddPrimaryAsync();
        var left = cluster.Primaries[1];
        var slots = cluster.Owners().Where(owner => owner.Value == left).Select(owner => owner.Key).ToArray();
        await cluster.MoveAsync(slots[..2000], left, joined);
        await WriteAsync(changes);
        await cluster.MoveAsync(slots[2000..], left, cluster.Primaries[0]);
    }

    /// <summary>Ends the writing.</summary>
    public Task StopWritingAsync() => _writer.StopAsync();

    /// <summary>Ends the writing, lets the program catch up, and compares everything.</summary>
    public async Task ShouldEndEqualAsync()
    {
        await _writer.StopAsync();
        var result = await Program.CatchUpAsync();
        result.Keys.Failed.ShouldBe(0);
        var differences = ServerComparison.Compare(
            Source.Read(),
            Target.Read(),
            LiveComparison.Options(Target.Features)
        );
        LiveComparison.ShouldBeNone(differences, Program.Log);
        ShouldHaveLeftNothing();
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await Program.DisposeAsync();
        await Source.DisposeAsync();
        await Target.DisposeAsync();
    }

    // Whoever is a primary by now.
    private void ShouldHaveLeftNothing() =>
        Program.ShouldHaveLeftNothing([.. Target.Cluster!.Primaries.Select(primary => primary.Client)]);
}
