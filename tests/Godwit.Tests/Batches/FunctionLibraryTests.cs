using System.Text;
using Godwit.Batches;

namespace Godwit.Tests.Batches;

public sealed class FunctionLibraryTests
{
    [Theory]
    [InlineData("#!lua name=lib\ncode", "lib")]
    [InlineData("#!lua name=lib\r\ncode", "lib")]
    [InlineData("#!js  engine=1 name=other", "other")]
    [InlineData("#!lua\nname=late", "")]
    [InlineData("", "")]
    public void NameOf_Code_IsInTheFirstLine(string code, string name) =>
        Encoding.UTF8.GetString(FunctionLibrary.NameOf(Encoding.UTF8.GetBytes(code))).ShouldBe(name);
}
