namespace Godwit.Cli.Usage;

public sealed class ShellTextTests
{
    [Fact]
    public void Of_Arguments_QuotesAndHides() =>
        ShellText
            .Of(["migrate", "redis://me:pw@a", "/b c/*.rdb", "it's", "", "--errors=x;y", "plain-1.2_3/4:5,6%7+8@9"])
            .ShouldBe(@"godwit migrate redis://me@a '/b c/*.rdb' 'it'\''s' '' '--errors=x;y' plain-1.2_3/4:5,6%7+8@9");
}
