using System.Text.Json;
using Godwit.IntegrationTests.Running;

namespace Godwit.IntegrationTests.Verification;

/// <summary>The one live migration of a directory, as <c>godwit status</c> tells of it.</summary>
internal static class RunningJob
{
    /// <summary>Waits until it says that it has caught up.</summary>
    public static Task CaughtUpAsync(GodwitProcess godwit) =>
        Wait.UntilAsync(
            () =>
            {
                var status = godwit.RunAsync("status", "--json").GetAwaiter().GetResult();
                return status.ExitCode == 0
                    && status.Json.GetProperty("changes") is { ValueKind: JsonValueKind.Object } changes
                    && changes.GetProperty("caught_up").GetBoolean();
            },
            "the migration has caught up"
        );
}
