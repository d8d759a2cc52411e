using Godwit.Configuration;
using Godwit.Connections;

namespace Godwit.Endpoints;

public sealed class SentinelUriTests
{
    private static readonly EndpointAccess Access = new()
    {
        Password = "outside",
        SentinelPassword = "watch",
        Tls = new TlsOptions { CaFile = "ca.pem" },
    };

    [Fact]
    public void Parse_SeveralSentinels_GivesAllAndTheService()
    {
        var endpoint = Parse("redis+sentinel://me:secret@h1:26380,h2,[::1]:7/my%20set/3");
        endpoint.Sentinels.Select(sentinel => sentinel.Address).ShouldBe(["h1:26380", "h2:26379", "[::1]:7"]);
        endpoint.Sentinels.ShouldAllBe(sentinel => sentinel.Password == "watch" && sentinel.User == null);
        (endpoint.Service, endpoint.User, endpoint.Password, endpoint.Database).ShouldBe(("my set", "me", "secret", 3));
        endpoint.ToString().ShouldBe("redis+sentinel://h1:26380,h2:26379,[::1]:7/my%20set/3");
    }

    [Theory]
    [InlineData("redis+sentinel://h/s", null, false, false)]
    [InlineData("rediss+sentinel://h/s", null, true, true)]
    [InlineData("rediss+sentinel://h/s", false, true, false)]
    [InlineData("redis+sentinel://h/s", true, false, true)]
    public void Parse_Tls_SchemeSaysIfNothingElseDoes(string text, bool? asked, bool servers, bool sentinels)
    {
        var endpoint = Parse(text, Access with { SentinelTls = asked });
        (endpoint.Tls is not null).ShouldBe(servers);
        (endpoint.Sentinels[0].Tls is not null).ShouldBe(sentinels);
    }

    [Theory]
    [InlineData("redis+sentinel://h1:26379")]
    [InlineData("redis+sentinel://h1:26379/")]
    [InlineData("redis+sentinel://h1,,h2/s")]
    [InlineData("redis+sentinel:///s")]
    [InlineData("redis+sentinel://h/s/x")]
    [InlineData("redis+sentinel://h/s/1/2")]
    [InlineData("redis+sentinel://h:99999/s")]
    [InlineData("redis+sentinel:h/s")]
    [InlineData("redis+sentinel://h/s?db=1")]
    public void Parse_Malformed_IsRefused(string text) =>
        Should.Throw<ConfigurationException>(() => Parse(text)).WhatToDo.ShouldNotBeNull();

    [Fact]
    public void Parse_PasswordWithoutHost_IsNotShown() =>
        Should
            .Throw<ConfigurationException>(() => Parse("redis+sentinel://:topsecret/s"))
            .Message.ShouldNotContain("topsecret");

    private static SentinelEndpoint Parse(string text, EndpointAccess? access = null) =>
        EndpointParser.Parse(text, EndpointRole.Target, access ?? Access).ShouldBeOfType<SentinelEndpoint>();
}
