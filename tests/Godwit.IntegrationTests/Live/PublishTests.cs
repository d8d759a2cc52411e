using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Live;

/// <summary>Messages are no data: they go along where their user wants them.</summary>
public sealed class PublishTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Follow_Messages_GoAlongWhereThatIsWanted(bool areWanted)
    {
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        using var writer = source.Connect();
        using var reader = target.Connect();
        using var subscriber = target.Connect();
        subscriber.Call("SUBSCRIBE", "news", "end");
        subscriber.Read();
        await using var program = new FollowingProgram(source.Uri, target.Uri, areWanted ? ["--publish"] : []);
        program.Start();
        await program.FollowAsync(reader);

        writer.Call("PUBLISH", "news", "of the day");
        writer.Call("SET", "key", "value");
        await program.CatchUpAsync();
        reader.Call("PUBLISH", "end", "of the test");

        Bytes.Text(reader.Call("GET", "key")).ShouldBe("value");
        var first = (object?[])subscriber.Read()!;
        Bytes.Text(first[1]).ShouldBe(areWanted ? "news" : "end", program.Log);
        Bytes.Text(first[2]).ShouldBe(areWanted ? "of the day" : "of the test");
    }
}
