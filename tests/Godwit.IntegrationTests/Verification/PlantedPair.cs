using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Verification;

/// <summary>Two servers that are written alike, but for the differences that a test plants at the second.</summary>
internal sealed class PlantedPair(IRespPipeline source, IRespPipeline target, ServerFeatures features)
{
    private readonly List<ReportLine> _planted = [];

    public IRespPipeline Source => source;

    public IRespPipeline Target => target;

    /// <summary>What both can hold.</summary>
    public ServerFeatures Features => features;

    /// <summary>Both have more databases than one. Default: they have.</summary>
    public bool HasDatabases { get; init; } = true;

    /// <summary>What a comparison must find.</summary>
    public IReadOnlyList<ReportLine> Planted => _planted;

    /// <summary>The database that the next commands are for.</summary>
    public int Database { get; private set; }

    public void Select(int database)
    {
        Both("SELECT", database);
        Database = database;
    }

    /// <summary>The same for both.</summary>
    public void Both(params object[] command)
    {
        source.Call(command);
        target.Call(command);
    }

    /// <summary>For the target alone: a difference.</summary>
    public void Plant(string kind, string key, string where, params object[] command)
    {
        target.Call(command);
        Expect(kind, key, where);
    }

    public void Expect(string kind, string key, string where) => _planted.Add(new(kind, Database, key, where));

    public PlantedPair(RespClient source, RespClient target)
        : this(source, target, Common(ServerFeatures.Ask(source), ServerFeatures.Ask(target))) { }

    public static ServerFeatures Common(ServerFeatures left, ServerFeatures right) =>
        new(
            left.Functions && right.Functions,
            left.FieldExpiry && right.FieldExpiry,
            left.ExactExpiry && right.ExactExpiry
        );
}
