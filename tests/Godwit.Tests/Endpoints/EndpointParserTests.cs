using Godwit.Configuration;
using Godwit.Connections;

namespace Godwit.Endpoints;

public sealed class EndpointParserTests
{
    private static readonly EndpointAccess NoAccess = new();

    [Theory]
    [InlineData("redis://host", "host", 6379, null)]
    [InlineData("redis://host/", "host", 6379, null)]
    [InlineData("REDIS://host:7000/3", "host", 7000, 3)]
    [InlineData("redis://127.0.0.1:1", "127.0.0.1", 1, null)]
    [InlineData("redis://[::1]", "::1", 6379, null)]
    [InlineData("redis://[fe80::1]:65535/15", "fe80::1", 65535, 15)]
    [InlineData("redis://my-redis_1.example", "my-redis_1.example", 6379, null)]
    public void Parse_RedisUri_GivesServer(string text, string host, int port, int? database)
    {
        var endpoint = Source<RedisEndpoint>(text);
        endpoint.ShouldBe(
            new RedisEndpoint
            {
                Host = host,
                Port = port,
                Database = database,
            }
        );
        Target<RedisEndpoint>(text).ShouldBe(endpoint);
    }

    [Theory]
    [InlineData("redis://:secret@host", null, "secret")]
    [InlineData("redis://me:secret@host", "me", "secret")]
    [InlineData("redis://me:a%40b%2Fc%25@host", "me", "a@b/c%")]
    [InlineData("redis://m%3Ae:s:s@host", "m:e", "s:s")]
    [InlineData("redis://:a@b/c?d#e@host", null, "a@b/c?d#e")]
    [InlineData("redis://me:@host", "me", "")]
    [InlineData("redis://me@host", "me", "from elsewhere")]
    [InlineData("redis://:@host", null, "from elsewhere")]
    [InlineData("redis://@host", null, "from elsewhere")]
    [InlineData("redis://host", null, "from elsewhere")]
    public void Parse_Credentials_UriWins(string text, string? user, string password)
    {
        var access = new EndpointAccess { Password = "from elsewhere" };
        var endpoint = EndpointParser.Parse(text, EndpointRole.Source, access).ShouldBeOfType<RedisEndpoint>();
        (endpoint.Host, endpoint.User, endpoint.Password).ShouldBe(("host", user, password));
        endpoint.ToString().ShouldBe("redis://host:6379");
    }

    [Fact]
    public void Parse_Rediss_TakesTlsOptions()
    {
        var access = new EndpointAccess { Tls = new TlsOptions { CaFile = "ca.pem" } };
        var parse = (string text) =>
            EndpointParser.Parse(text, EndpointRole.Target, access).ShouldBeOfType<RedisEndpoint>();
        parse("rediss://host:6380").Tls.ShouldBeSameAs(access.Tls);
        parse("redis://host:6380").Tls.ShouldBeNull();
        parse("unix:///a").Tls.ShouldBeNull();
    }

    [Theory]
    [InlineData("unix:///run/redis.sock", "/run/redis.sock", null)]
    [InlineData("unix:///run/redis.sock?db=4", "/run/redis.sock", 4)]
    [InlineData("unix:///run/a@b%20c.sock", "/run/a@b c.sock", null)]
    public void Parse_UnixUri_GivesSocket(string text, string path, int? database) =>
        Source<RedisEndpoint>(text).ShouldBe(new RedisEndpoint { SocketPath = path, Database = database });

    [Fact]
    public void Parse_UnixUriWithCredentials_TakesThem() =>
        Source<RedisEndpoint>("unix://me:secret@/run/redis.sock")
            .ShouldBe(
                new RedisEndpoint
                {
                    SocketPath = "/run/redis.sock",
                    User = "me",
                    Password = "secret",
                }
            );

    [Theory]
    [InlineData("dump.rdb", "dump.rdb")]
    [InlineData("/backups", "/backups")]
    [InlineData("/backups/*.rdb", "/backups/*.rdb")]
    [InlineData("-", "-")]
    [InlineData("file:///a%20b.rdb", "/a b.rdb")]
    [InlineData("file:/a.rdb", "/a.rdb")]
    [InlineData("file://localhost/a.rdb", "/a.rdb")]
    [InlineData("backup:monday.rdb", "backup:monday.rdb")]
    [InlineData("backup@home.rdb", "backup@home.rdb")]
    [InlineData("./host:6379", "./host:6379")]
    public void Parse_FileAsSource_GivesPath(string text, string path) =>
        Source<RdbFileEndpoint>(text).ShouldBe(new RdbFileEndpoint(path));

    [Theory]
    [InlineData("json:out.ndjson", "out.ndjson")]
    [InlineData("json:/a/b", "/a/b")]
    [InlineData("json:///a/b", "/a/b")]
    [InlineData("json:-", "-")]
    [InlineData("JSON:a@b:c", "a@b:c")]
    public void Parse_JsonAsTarget_GivesPath(string text, string path) =>
        Target<JsonEndpoint>(text).ShouldBe(new JsonEndpoint(path));

    [Theory]
    [InlineData("s3://bucket/key")]
    [InlineData("gs://bucket/object")]
    [InlineData("https://host/dump.rdb")]
    [InlineData("ftp://host/dump.rdb")]
    [InlineData("sftp://host/dump.rdb")]
    [InlineData("dynamodb://table")]
    [InlineData("dynamodb-json:out")]
    [InlineData("replica://:6379")]
    [InlineData("appendonly.aof")]
    [InlineData("/data/appendonlydir/")]
    public void Parse_LaterScheme_SaysWhatThereIs(string text)
    {
        foreach (var role in Enum.GetValues<EndpointRole>())
        {
            var error = Refused(text, role);
            error.Message.ShouldContain("not supported by this version");
            error.WhatToDo.ShouldNotBeNull().ShouldContain("redis://");
        }
    }

    [Theory]
    [InlineData("out.rdb", "not supported by this version")]
    [InlineData("file:///out.rdb", "not supported by this version")]
    [InlineData("-", "not supported by this version")]
    [InlineData("keys.ndjson", "Did you mean json:keys.ndjson?")]
    [InlineData("keys", "is not a server's URI")]
    [InlineData("json:", "lacks its path")]
    [InlineData("json://keys", "Write json:keys")]
    [InlineData("", "empty")]
    public void Parse_UnfitTarget_SaysWhy(string text, string part) =>
        Words(Refused(text, EndpointRole.Target)).ShouldContain(part);

    [Theory]
    [InlineData("rdis://host", "Did you mean redis://?")]
    [InlineData("reddiss://host", "Did you mean rediss://?")]
    [InlineData("valkey://host", "Did you mean redis://?")]
    [InlineData("valkeys://host", "Did you mean rediss://?")]
    [InlineData("mongodb://host", "Sources are redis://")]
    [InlineData("redis:host", "slashes")]
    [InlineData("host:6379", "without its scheme")]
    [InlineData("10.0.0.1:6379/0", "without its scheme")]
    [InlineData("redis://", "names no host")]
    [InlineData("redis:///0", "names no host")]
    [InlineData("redis://host:0", "port")]
    [InlineData("redis://host:65536", "port")]
    [InlineData("redis://host:", "port")]
    [InlineData("redis://host/zero", "database")]
    [InlineData("redis://host/-1", "database")]
    [InlineData("redis://host/0/1", "database")]
    [InlineData("redis://host?db=1", "parameters")]
    [InlineData("redis://::1:6379", "several colons")]
    [InlineData("redis://[::1", "IPv6")]
    [InlineData("redis://[127.0.0.1]", "IPv6")]
    [InlineData("redis://[::1]6379", "behind its address")]
    [InlineData("redis://h ost", "character")]
    [InlineData("redis://:100%@host", "%25")]
    [InlineData("redis://me@host", "no password")]
    [InlineData("unix://", "absolute path")]
    [InlineData("unix://relative", "absolute path")]
    [InlineData("unix:///a?database=1", "parameter")]
    [InlineData("unix:///a?db=x", "database")]
    [InlineData(
        "unix:///one-hundred-and-eight-bytes-of-a-path/are-one-more-than-a-socket-may-have/so-that-nobody-can-listen-on-it/a",
        "longer than"
    )]
    [InlineData(
        "redis://a-host.whose-name-is-longer-than-any-name-server-would-ever-take.the-limit-is-two-hundred-and-fifty-five.a-host.whose-name-is-longer-than-any-name-server-would-ever-take.the-limit-is-two-hundred-and-fifty-five.a-host.whose-name-is-longer-than-any-name-server-would-ever-take",
        "longer than"
    )]
    [InlineData("file://elsewhere/a.rdb", "no file of this machine")]
    [InlineData("json:a", "not a source")]
    [InlineData("", "empty")]
    public void Parse_WrongSource_SaysWhy(string text, string part) =>
        Words(Refused(text, EndpointRole.Source)).ShouldContain(part);

    [Theory]
    [InlineData("redis://:hunter2")]
    [InlineData("redis://me:hunter2")]
    [InlineData("redis://hunter2@host")]
    [InlineData("redis://me:hunter2@host:port")]
    [InlineData("redis://me:hunter2@")]
    [InlineData("redis://me:hunter2@host/x")]
    [InlineData("redis://:hunter2@host?x=hunter2")]
    [InlineData("redis://:hunter2%@host")]
    [InlineData("redis://:p/hunter2@host:x")]
    [InlineData("redis://:p@hunter2@host:x")]
    [InlineData("redis:/me:hunter2@host")]
    [InlineData("redis:me:hunter2@host")]
    [InlineData("rdis://me:hunter2@host")]
    [InlineData("me:hunter2@host:6379")]
    [InlineData(":hunter2@host:6379")]
    [InlineData("me:hunter2@host")]
    [InlineData("redis+sentinel://me:hunter2@host/x/y")]
    [InlineData("dynomite://me:hunter2@host:22222")]
    [InlineData("dynomite://hunter2@host")]
    [InlineData("dynomite://:hunter2")]
    [InlineData("https://host/x?sig=hunter2")]
    [InlineData("unix://me:hunter2@relative/../x")]
    [InlineData("unix:///a?password=hunter2")]
    public void Parse_WrongUriWithPassword_KeepsItSecret(string text)
    {
        foreach (var role in Enum.GetValues<EndpointRole>())
            Refused(text, role).ToString().ShouldNotContain("hunter2");
    }

    private static T Source<T>(string text)
        where T : Endpoint => EndpointParser.Parse(text, EndpointRole.Source, NoAccess).ShouldBeOfType<T>();

    private static T Target<T>(string text)
        where T : Endpoint => EndpointParser.Parse(text, EndpointRole.Target, NoAccess).ShouldBeOfType<T>();

    private static ConfigurationException Refused(string text, EndpointRole role) =>
        Should.Throw<ConfigurationException>(() => EndpointParser.Parse(text, role, NoAccess));

    private static string Words(ConfigurationException exception) => $"{exception.Message} {exception.WhatToDo}";
}
