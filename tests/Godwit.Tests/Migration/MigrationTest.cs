using System.Globalization;
using Godwit.Migration;

namespace Godwit.Tests.Migration;

/// <summary>Two servers within the test and a place for a migration's files.</summary>
public abstract class MigrationTest : IAsyncLifetime
{
    private protected KeyServer Source { get; } = new();

    private protected KeyServer Target { get; } = new();

    private protected MigrationRig Rig { get; } = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Source.DisposeAsync();
        await Target.DisposeAsync();
        Rig.Dispose();
    }

    // Not the name of a probe, nor one under which a value would be built.
    private protected static bool IsKey(KeyCommand command) =>
        !command.Key.StartsWith("godwit:", StringComparison.Ordinal)
        && !command.Key.Contains(":godwit-", StringComparison.Ordinal);

    private protected static string Port(KeyServer server) =>
        server.Endpoint.Port.ToString(CultureInfo.InvariantCulture);

    private protected Task<MigrationReport> RunAsync(Func<MigrationOptions, MigrationOptions>? change = null) =>
        Rig.RunAsync(Source.Endpoint, Target.Endpoint, change);

    private protected void ShouldBeEqual()
    {
        Target.Keys.Keys.ShouldBe(Source.Keys.Keys, ignoreOrder: true);
        foreach (var (id, value) in Source.Keys)
        {
            Target.Keys[id].Payload.ShouldBe(value.Payload);
            Target.Keys[id].ExpireAt.ShouldBe(value.ExpireAt);
        }
    }
}
