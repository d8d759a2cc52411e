namespace Godwit.Endpoints;

public sealed class UriSecretsTests
{
    [Theory]
    [InlineData("redis://host:6379/0", "redis://host:6379/0", "redis://host:6379/0")]
    [InlineData("redis://[::1]:6379", "redis://[::1]:6379", "redis://[::1]:6379")]
    [InlineData("redis://:pw@host", "redis://:***@host", "redis://host")]
    [InlineData("redis://me:pw@host", "redis://me:***@host", "redis://me@host")]
    [InlineData("redis://me@host", "redis://***@host", "redis://me@host")]
    [InlineData("redis://me:p/w@x@host", "redis://me:***@host", "redis://me@host")]
    [InlineData("redis://:pw", "redis://:***", "redis://:pw")]
    [InlineData(
        "redis+sentinel://me:pw@a:1,b:2/s",
        "redis+sentinel://me:***@a:1,b:2/s",
        "redis+sentinel://me@a:1,b:2/s"
    )]
    [InlineData("redis+sentinel://a:1,b:2/s", "redis+sentinel://a:1,b:2/s", "redis+sentinel://a:1,b:2/s")]
    [InlineData("redis+sentinel://a:pw/s", "redis+sentinel://a:***", "redis+sentinel://a:pw/s")]
    [InlineData("unix:///run/a:b@c.sock", "unix:///run/a:b@c.sock", "unix:///run/a:b@c.sock")]
    [InlineData("unix://me:pw@/run/c.sock?db=1", "unix://me:***@/run/c.sock?db=1", "unix://me@/run/c.sock?db=1")]
    [InlineData("https://host/a?sig=pw&region=x", "https://host/a?sig=***&region=x", "https://host/a?sig=pw&region=x")]
    [InlineData("dynomite://:pw@host:1", "dynomite://:***@host:1", "dynomite://host:1")]
    [InlineData("dynomite:///a:b@c.yml", "dynomite:///a:b@c.yml", "dynomite:///a:b@c.yml")]
    [InlineData("dynomite:a:b@c.yml", "dynomite:a:b@c.yml", "dynomite:a:b@c.yml")]
    [InlineData("json:a:b@c", "json:a:b@c", "json:a:b@c")]
    [InlineData("/a:b@c.rdb", "/a:b@c.rdb", "/a:b@c.rdb")]
    [InlineData("backup@home.rdb", "backup@home.rdb", "backup@home.rdb")]
    [InlineData("", "", "")]
    public void HideAndRemove_Text_LeaveNoPassword(string text, string hidden, string removed)
    {
        UriSecrets.Hide(text).ShouldBe(hidden);
        UriSecrets.Remove(text).ShouldBe(removed);
    }
}
