using Godwit.Configuration;
using Godwit.Endpoints;

namespace Godwit.Tests.Endpoints;

public sealed class SourceEndpointsTests
{
    private static readonly RedisEndpoint Server = new() { Host = "a" };

    [Fact]
    public void Combine_One_IsItself()
    {
        SourceEndpoints.Combine([Server]).ShouldBeSameAs(Server);
        SourceEndpoints.Combine([new RdbFileEndpoint("a")]).ShouldBe(new RdbFileEndpoint("a"));
    }

    [Fact]
    public void Combine_Files_AreOneSourceInTheirOrder()
    {
        var files = SourceEndpoints
            .Combine([new RdbFileEndpoint("b"), new RdbFileEndpoint("-"), new RdbFileEndpoint("a")])
            .ShouldBeOfType<RdbFileEndpoint>();

        files.Paths.ShouldBe(["b", "-", "a"]);
        files.Uris.ShouldBe(["b", "-", "a"]);
        files.IsStandardInput.ShouldBeTrue();
        files.ToString().ShouldBe("b and 2 more");
    }

    [Fact]
    public void Combine_ServersOrAMixture_IsRefusedInWords()
    {
        Endpoint[][] several =
        [
            [Server, Server],
            [new RdbFileEndpoint("a"), Server],
            [Server, new RdbFileEndpoint("a")],
        ];
        foreach (var sources in several)
        {
            var error = Should.Throw<ConfigurationException>(() => SourceEndpoints.Combine(sources));
            error.Message.ShouldContain("2 sources");
            error.WhatToDo.ShouldNotBeNull().ShouldContain("one server");
        }
    }

    [Fact]
    public void RdbFileEndpoint_SamePathsInTheSameOrder_AreEqual()
    {
        var files = new RdbFileEndpoint("a", "b");
        files.ShouldBe(new RdbFileEndpoint(["a", "b"]));
        files.GetHashCode().ShouldBe(new RdbFileEndpoint("a", "b").GetHashCode());
        files.ShouldNotBe(new RdbFileEndpoint("b", "a"));
        files.ShouldNotBe(new RdbFileEndpoint("a"));
    }
}
