using System.Text;
using Godwit.Endpoints;
using Godwit.Live.Following;
using Godwit.Live.Following.Feeds;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Resp;

namespace Godwit.Tests.Live.Following;

public sealed class FeedWayTests : IMigrationLog
{
    private static readonly RedisEndpoint Host = new() { Host = "host", Port = 6379 };
    private readonly DirtyKeys _keys = new(1 << 20, TimeProvider.System);

    [Theory]
    [InlineData(">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n")]
    [InlineData("*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n")]
    public void Tracking_Names_AreKeysOfAnyDatabase(string message)
    {
        Tracking().TryTake(Parse(message), _keys).ShouldBeTrue();

        _keys.Take(9).ShouldBe([new(DirtyKeys.AnyDatabase, "a"), new(DirtyKeys.AnyDatabase, "b")]);
    }

    [Theory]
    [InlineData(">2\r\n$10\r\ninvalidate\r\n_\r\n")]
    [InlineData("*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*-1\r\n")]
    [InlineData("*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n$-1\r\n")]
    public void Tracking_Null_IsADoubtAboutDeletions(string message)
    {
        Tracking().TryTake(Parse(message), _keys).ShouldBeTrue();

        _keys.TakeDoubt(out _).ShouldBe(Doubt.Deletions);
    }

    [Fact]
    public void Tracking_OfOneDatabase_TakesNamesAsItsOwn()
    {
        Tracking(database: 3).TryTake(Parse(">2\r\n$10\r\ninvalidate\r\n*1\r\n$2\r\n\r\n\r\n"), _keys);

        _keys.Take(9).ShouldBe([new(3, "\r\n")]);
    }

    [Theory]
    [InlineData("+PONG\r\n")]
    [InlineData("*2\r\n$4\r\npong\r\n$0\r\n\r\n")]
    public void EachWay_Pong_IsNoNews(string message)
    {
        Tracking().TryTake(Parse(message), _keys).ShouldBeFalse();
        Events().TryTake(Parse(message), _keys).ShouldBeFalse();
    }

    [Fact]
    public void Events_AMessage_IsAKeyOfItsDatabase()
    {
        Events().TryTake(Event("__keyevent@12__:rename_to", "key"), _keys).ShouldBeTrue();

        _keys.Take(9).ShouldBe([new(12, "key")]);
    }

    [Theory]
    [InlineData("__keyevent@x__:set")]
    [InlineData("__keyevent@")]
    [InlineData("")]
    public void Events_AnotherChannel_IsRefused(string channel) =>
        Should.Throw<ProtocolException>(() => Events().TryTake(Event(channel, "key"), _keys));

    [Theory]
    [InlineData("AE", true)]
    [InlineData("AKE", true)]
    [InlineData("g$lshztxeE", true)]
    [InlineData("A", false)]
    [InlineData("AK", false)]
    [InlineData("", false)]
    [InlineData("g$lshzteE", false)]
    public void AreAll_EachSetting_IsAsTheServerMeansIt(string flags, bool expected) =>
        KeyEventWay.AreAll(flags).ShouldBe(expected);

    void IMigrationLog.Info(string message) { }

    void IMigrationLog.Warn(string message) { }

    private static TrackingWay Tracking(int? database = null) => new(Followed.Server(Host), database);

    private KeyEventWay Events() => new(Followed.Server(Host), database: null, this);

    private static RespValue Event(string channel, string key) =>
        Parse($"*4\r\n$8\r\npmessage\r\n$1\r\np\r\n${channel.Length}\r\n{channel}\r\n${key.Length}\r\n{key}\r\n");

    private static RespValue Parse(string text)
    {
        RespValue.TryParse(Encoding.ASCII.GetBytes(text), out var value, out _).ShouldBeTrue();
        return value!;
    }
}
