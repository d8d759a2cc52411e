using System.Text;

namespace Godwit.Cli;

public sealed class ProcessTitleTests
{
    [Theory]
    [InlineData("godwit\0migrate\0redis://a\0", "godwit\0migrate\0redis://a\0")]
    [InlineData("godwit\0redis://me:pw@a\0redis://:s€crét@b\0", "godwit\0redis://me:**@a\0redis://:*********@b\0")]
    [InlineData("godwit\0redis://me:pw@a", "godwit\0redis://me:**@a")]
    public void Hide_CommandLine_KeepsItsLength(string commandLine, string hidden) =>
        Encoding.UTF8.GetString(ProcessTitle.Hide(Encoding.UTF8.GetBytes(commandLine))).ShouldBe(hidden);
}
