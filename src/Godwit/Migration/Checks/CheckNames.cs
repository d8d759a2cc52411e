namespace Godwit.Migration.Checks;

/// <summary>What the checks are called, in the order in which a plan tells them. Scripts rely on them.</summary>
internal static class CheckNames
{
    public const string Connection = "connection";
    public const string Topology = "topology";
    public const string Role = "role";
    public const string Loading = "loading";
    public const string SameServer = "same-server";
    public const string Clocks = "clocks";
    public const string Read = "read";
    public const string SourceRights = "source-rights";
    public const string TargetRights = "target-rights";
    public const string NotEmpty = "not-empty";
    public const string Databases = "databases";
    public const string Room = "room";
    public const string Eviction = "eviction";
    public const string Types = "types";
    public const string Modules = "modules";
    public const string FieldExpiries = "field-expiries";
    public const string Functions = "functions";
    public const string Restore = "restore";
    public const string BothSides = "both-sides";
    public const string SeveralSources = "several-sources";
    public const string ReplicaBuffer = "replica-buffer";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> InOrder { get; } =
    [
        Connection,
        Topology,
        Role,
        Loading,
        SameServer,
        Clocks,
        Read,
        SourceRights,
        TargetRights,
        NotEmpty,
        Databases,
        Room,
        Eviction,
        Types,
        Modules,
        FieldExpiries,
        Functions,
        Restore,
        BothSides,
        SeveralSources,
        ReplicaBuffer,
    ];
}
