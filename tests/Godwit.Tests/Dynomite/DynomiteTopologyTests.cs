using System.Net;
using System.Text;
using Godwit.Configuration;
using Godwit.Dynomite;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Tests.Migration;

namespace Godwit.Tests.Dynomite;

public sealed class DynomiteTopologyTests : IDisposable
{
    private readonly MigrationRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("dynomite:///etc/n1.yml", "/etc/n1.yml", null, 22222, null)]
    [InlineData("dynomite:n?.yml", "n?.yml", null, 22222, null)]
    [InlineData("dynomite:///a%20b/?redis-port=6379", "/a b/", null, 22222, 6379)]
    [InlineData("dynomite://host", null, "host", 22222, null)]
    [InlineData("DYNOMITE://host:8080/?redis-port=1", null, "host", 8080, 1)]
    [InlineData("dynomite://[::1]:8080", null, "::1", 8080, null)]
    public void Parse_Uri_NamesFilesOrANode(string text, string? path, string? host, int port, int? redisPort)
    {
        var endpoint = EndpointParser
            .Parse(text, EndpointRole.Source, new EndpointAccess { Password = "hunter2" })
            .ShouldBeOfType<DynomiteEndpoint>();

        endpoint.ShouldBe(
            new DynomiteEndpoint
            {
                Path = path,
                Host = host,
                Port = port,
                RedisPort = redisPort,
                Password = "hunter2",
            }
        );
        endpoint.ToString().ShouldNotContain("hunter2");
        EndpointParser
            .Parse(endpoint.ToString().Replace(" ", "%20", StringComparison.Ordinal), EndpointRole.Source, new())
            .ShouldBe(endpoint with { Password = null });
    }

    [Theory]
    [InlineData("dynomite:")]
    [InlineData("dynomite://")]
    [InlineData("dynomite://host/path")]
    [InlineData("dynomite://user@host")]
    [InlineData("dynomite://host:0")]
    [InlineData("dynomite://host?x=1")]
    [InlineData("dynomite:///a.yml?redis-port=x")]
    public void Parse_Malformed_IsRefused(string text) =>
        Should.Throw<ConfigurationException>(() => EndpointParser.Parse(text, EndpointRole.Source, new()));

    [Fact]
    public void Parse_AsTarget_SaysWhatToWrite() =>
        Should
            .Throw<ConfigurationException>(() => EndpointParser.Parse("dynomite://host", EndpointRole.Target, new()))
            .WhatToDo.ShouldNotBeNull()
            .ShouldContain("redis://");

    [Fact]
    public async Task Read_DirectoryGlobAndFiles_AreOneCluster()
    {
        await WriteAsync("n1.yml", "10.0.0.1", 0);
        await WriteAsync("n2.yaml", "10.0.0.2", 1u << 31);
        await File.WriteAllTextAsync(_rig.InDirectory("notes.txt"), "none", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            _rig.InDirectory("cluster.json"),
            """{"dcs":[{"name":"dc","racks":[{"name":"r2","servers":[{"name":"10.0.0.3","host":"h3","port":8101,"token":7}]}]}]}""",
            TestContext.Current.CancellationToken
        );

        var directory = await ReadAsync(Path.GetDirectoryName(_rig.InDirectory("x"))!);
        var glob = await ReadAsync(_rig.InDirectory("n?.y*ml"));
        var files = await ReadAsync(_rig.InDirectory("n2.yaml"), _rig.InDirectory("n1.yml"));

        directory.Racks.Select(rack => rack.Nodes.Count).ShouldBe([2, 1]);
        glob.Racks.ShouldHaveSingleItem().Nodes.Count.ShouldBe(2);
        files.Racks.ShouldHaveSingleItem().Nodes.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("none.yml")]
    [InlineData("none*.yml")]
    [InlineData("")]
    public async Task Read_NothingThere_IsRefused(string name) =>
        await Should.ThrowAsync<RefusedException>(() => ReadAsync(_rig.InDirectory(name)));

    [Fact]
    public async Task Read_Node_IsAskedForItsCluster()
    {
        using var node = new PlayedNode(
            HttpStatusCode.OK,
            """{"dcs":[{"name":"dc","racks":[{"name":"r","servers":[{"name":"h","host":"h","port":8101,"token":7}]}]}]}"""
        );

        var ring = await new DynomiteTopology(node).ReadAsync(
            [new DynomiteEndpoint { Host = "h", RedisPort = 6400 }],
            TestContext.Current.CancellationToken
        );

        node.Asked.ShouldBe(new Uri("http://h:22222/cluster_describe"));
        ring.Racks[0].Nodes[0].RedisAddresses.ShouldBe([new HostAndPort("h", 6400)]);
    }

    [Fact]
    public async Task Read_NodeDoesNotTell_IsRefusedWithItsName()
    {
        using var node = new PlayedNode(HttpStatusCode.BadRequest, "");

        var error = await Should.ThrowAsync<RefusedException>(() =>
            new DynomiteTopology(node).ReadAsync(
                [new DynomiteEndpoint { Host = "h" }],
                TestContext.Current.CancellationToken
            )
        );

        error.Message.ShouldContain("dynomite://h:22222");
    }

    private static Task<DynomiteRing> ReadAsync(params string[] paths) =>
        new DynomiteTopology().ReadAsync(
            [.. paths.Select(path => new DynomiteEndpoint { Path = path })],
            TestContext.Current.CancellationToken
        );

    private Task WriteAsync(string name, string host, uint token) =>
        File.WriteAllTextAsync(
            _rig.InDirectory(name),
            $"dyn_o_mite:\n  datacenter: dc\n  rack: r\n  dyn_listen: {host}:8101\n  tokens: {token}\n  servers:\n  - 127.0.0.1:6379:1\n",
            TestContext.Current.CancellationToken
        );

    private sealed class PlayedNode(HttpStatusCode status, string body) : HttpMessageHandler
    {
        public Uri? Asked { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            Asked = request.RequestUri;
            return Task.FromResult(
                new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") }
            );
        }
    }
}
