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
