using System.Text;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Protocol.Resp;

namespace Godwit.Tests.Connections;

public sealed class ServerErrorExceptionTests
{
    private static readonly RedisEndpoint Endpoint = new() { Host = "db", Password = "hunter2" };

    [Theory]
    [InlineData("NOPERM this user", "NOPERM", false)]
    [InlineData("ERR syntax error", "ERR", false)]
    [InlineData("LOADING Redis is loading", "LOADING", true)]
    [InlineData("MOVED 1 127.0.0.1:7000", "MOVED", false)]
    [InlineData("Bad data format", "ERR", false)]
    [InlineData("", "ERR", false)]
    public void Of_Message_FindsItsCode(string message, string code, bool isTransient)
    {
        var error = ServerErrorException.Of(Endpoint, "RESTORE", Encoding.UTF8.GetBytes(message));

        error.Code.ShouldBe(code);
        error.IsTransient.ShouldBe(isTransient);
        error.Message.ShouldBe($"redis://db:6379 refused RESTORE: {message}");
        error.ToString().ShouldNotContain("hunter2");
    }

    [Fact]
    public void Of_MessageThatRepeatsArguments_LeavesThemOut()
    {
        var error = ServerErrorException.Of(
            Endpoint,
            "HELLO",
            "ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' 'default' 'secret' "u8
        );

        error.ServerMessage.ShouldBe("ERR unknown command 'HELLO'");
    }

    [Fact]
    public void Of_LongMessageWithControlCharacters_IsOneShortLine()
    {
        var error = ServerErrorException.Of(
            Endpoint,
            "EVAL",
            Encoding.UTF8.GetBytes("ERR a\nb\u001b[31m" + new string('x', 9999))
        );

        error.ServerMessage.ShouldStartWith("ERR a b [31m");
        error.ServerMessage.Length.ShouldBe(300);
    }

    [Fact]
    public void CommandName_OfACommand_IsItsNameWithoutArguments()
    {
        CommandName.Of(["AUTH", "secret"]).ShouldBe("AUTH");
        CommandName.Of(["CLIENT", "SETNAME", "x"]).ShouldBe("CLIENT SETNAME");
        CommandName.Of(["function", "RESTORE", new byte[] { 1 }]).ShouldBe("function RESTORE");
        CommandName.Of(["CONFIG", new byte[] { 1 }]).ShouldBe("CONFIG");
        CommandName.Of([new RespArgument("GET"u8.ToArray())]).ShouldBe("a command");
    }
}
