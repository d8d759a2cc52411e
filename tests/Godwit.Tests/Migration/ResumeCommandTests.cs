using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Tests.Migration;

public sealed class ResumeCommandTests
{
    private static readonly MigrationOptions Options = new()
    {
        Sources = [new RedisEndpoint { Host = "a" }],
        Target = new RedisEndpoint { Host = "b" },
        CommandLine = "godwit migrate a b",
    };

    [Theory]
    [InlineData("godwit migrate a b", "godwit migrate a b --on-existing skip")]
    [InlineData("godwit migrate a b --on-existing fail", "godwit migrate a b --on-existing skip")]
    [InlineData("godwit migrate a b --on-existing=fail --json", "godwit migrate a b --json --on-existing skip")]
    [InlineData("godwit migrate a b --flush-target --yes", "godwit migrate a b --on-existing skip")]
    [InlineData("godwit migrate 'a b' c", "godwit migrate 'a b' c --on-existing skip")]
    public void For_BrokenOff_SkipsWhatIsThere(string command, string expected) =>
        Of(Options with { CommandLine = command }, MigrationStatus.Failed).ShouldBe(expected);

    [Theory]
    [InlineData("godwit migrate a b --on-existing replace")]
    public void For_BrokenOffWithReplace_IsTheSame(string command) =>
        Of(Options with { CommandLine = command, OnExisting = OnExisting.Replace }, MigrationStatus.Interrupted)
            .ShouldBe(command);

    [Theory]
    [InlineData("godwit migrate a b", "godwit migrate a b --retry 'my errors.ndjson'")]
    [InlineData("godwit migrate a b --retry old.ndjson --json", "godwit migrate a b --json --retry 'my errors.ndjson'")]
    [InlineData("godwit migrate --retry=old.ndjson a b", "godwit migrate a b --retry 'my errors.ndjson'")]
    public void For_SomeFailed_TriesThose(string command, string expected) =>
        Of(Options with { CommandLine = command }, MigrationStatus.Partial).ShouldBe(expected);

    [Fact]
    public void For_NothingToGoOnWith_IsNull()
    {
        Of(Options, MigrationStatus.Completed).ShouldBeNull();
        Of(Options, MigrationStatus.Failed, begun: false).ShouldBeNull();
        Of(Options with { Sources = [Options.Sources[0], new RdbFileEndpoint("-")] }, MigrationStatus.Failed)
            .ShouldBeNull();
        Of(Options with { Target = new JsonEndpoint("x") }, MigrationStatus.Failed).ShouldBeNull();
    }

    private static string? Of(MigrationOptions options, MigrationStatus status, bool begun = true)
    {
        using var deadLetters = new DeadLetters("my errors.ndjson", 10);
        return ResumeCommand.For(options, status, deadLetters, begun);
    }
}
