using Godwit.Connections;
using Godwit.Migration;
using Godwit.Tests.Connections;

namespace Godwit.Tests.Migration;

public sealed class LiveEndTests
{
    [Theory]
    [InlineData("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.")]
    [InlineData("LOADING Redis is loading the dataset in memory")]
    public async Task Connect_InfoNotNow_IsNoRefusal(string error)
    {
        await using var server = FakeServer.Redis(words => words is "INFO" or "HELLO 2" ? $"-{error}\r\n" : null);
        var exception = await Should.ThrowAsync<ServerErrorException>(() =>
            LiveEnd.ConnectAsync(server.Endpoint, TimeProvider.System, TestContext.Current.CancellationToken)
        );

        exception.IsTransient.ShouldBeTrue();
        exception.WhatToDo.ShouldNotBeNull();
    }
}
