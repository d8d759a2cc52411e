using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>The types' own commands instead of RESTORE, down, up and across the families.</summary>
public sealed class WriteCommandsTests(Fleet fleet)
{
    [Theory]
    [InlineData(ServerVersion.Redis60, ServerVersion.Redis60)]
    [InlineData(ServerVersion.Redis60, ServerVersion.Valkey91)]
    [InlineData(ServerVersion.Redis70, ServerVersion.Valkey81)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis60)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis80)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Valkey91)]
    [InlineData(ServerVersion.Valkey81, ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Redis70)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Valkey91)]
    public Task Migrate_ByCommands_ArrivesEqual(ServerVersion source, ServerVersion target) =>
        new PairMigration(fleet, source, target).ShouldArriveEqualAsync(Way.Sync, "commands");
}
