using Godwit.Planning.Ways;

namespace Godwit.Tests.Planning;

public sealed class KeyspaceEventsTests
{
    [Theory]
    [InlineData("AKE", "")]
    [InlineData("AE", "")]
    [InlineData("Kg$lshztxe", "")]
    [InlineData("A", "E")]
    [InlineData("Ex", "g$lshzte")]
    [InlineData("KEg$lshzxe", "t")]
    [InlineData("", "Eg$lshztxe")]
    public void Missing_OfSetting_NamesWhatWouldNotBeTold(string setting, string missing) =>
        KeyspaceEvents.Missing(setting).ShouldBe(missing);
}
