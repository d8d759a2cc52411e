using Godwit.Connections;
using Godwit.Migration.Checks;

namespace Godwit.Tests.Migration.Checks;

public sealed class ClockCheckTests
{
    [Theory]
    [InlineData(0, 0, null)]
    [InlineData(500, -400, null)]
    [InlineData(
        0,
        90_500,
        "The target's clock is 90.5 s ahead of the source's: keys that expire go so much earlier there"
    )]
    [InlineData(
        3_600_000,
        0,
        "The target's clock is 3,600.0 s behind the source's: keys that expire go so much later there"
    )]
    public void Of_Clocks_TellsHowFarApartTheyAre(int source, int target, string? warning)
    {
        var finding = ClockCheck.Of(At(source, source), At(target, target));

        finding.Check.ShouldBe("clocks");
        finding.Severity.ShouldBe(warning is null ? Severity.Ok : Severity.Warning);
        finding.Message.ShouldBe(warning ?? "The clocks of both ends agree");
    }

    [Fact]
    public void Of_SeveralServers_TakesTheWorst() =>
        ClockCheck.Of(At(0, 100), At(-50, 5_000)).Message.ShouldContain("5.0 s ahead of the source's");

    [Fact]
    public void Of_OneThatDoesNotTell_IsNotKnown()
    {
        var finding = ClockCheck.Of(ServerInfo.Parse(""), At(0, 0));

        finding.Severity.ShouldBe(Severity.Ok);
        finding.Message.ShouldContain("Cannot tell");
    }

    private static ServerInfo At(int least, int most) =>
        ServerInfo.Parse("").At(new ServerClock(TimeSpan.FromMilliseconds(least), TimeSpan.FromMilliseconds(most)));
}
