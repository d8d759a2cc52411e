using Godwit.Endpoints;

namespace Godwit.Tests.Endpoints;

public sealed class SourceEndpointsTests
{
    private static readonly RedisEndpoint Server = new() { Host = "a" };

    [Fact]
    public void Combine_One_IsItself()
    {
        SourceEndpoints.Combine([Server]).ShouldBe([Server]);
        SourceEndpoints.Combine([new RdbFileEndpoint("a")]).ShouldBe([new RdbFileEndpoint("a")]);
    }

    [Fact]
    public void Combine_Files_AreOneSourceInTheirOrder()
    {
        var files = SourceEndpoints
            .Combine([new RdbFileEndpoint("b"), new RdbFileEndpoint("-"), new RdbFileEndpoint("a")])
            .ShouldHaveSingleItem()
            .ShouldBeOfType<RdbFileEndpoint>();

        files.Paths.ShouldBe(["b", "-", "a"]);
        files.Uris.ShouldBe(["b", "-", "a"]);
        files.IsStandardInput.ShouldBeTrue();
        files.ToString().ShouldBe("b and 2 more");
    }

    [Fact]
    public void Combine_ServersAndFiles_ServersStayAsTheyAre()
    {
        var other = new RedisEndpoint { Host = "b" };

        var combined = SourceEndpoints.Combine([
            Server,
            new RdbFileEndpoint("a"),
            other,
            new RdbFileEndpoint("a"),
            new RdbFileEndpoint("c"),
        ]);

        combined.ShouldBe([Server, new RdbFileEndpoint("a", "a", "c"), other]);
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
