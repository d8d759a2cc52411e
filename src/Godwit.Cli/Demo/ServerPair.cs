namespace Godwit.Cli.Demo;

/// <summary>The two servers that the demo migrates between.</summary>
internal sealed record ServerPair(ServerProgram Source, ServerProgram Target)
{
    /// <summary>
    /// The pair that shows most: from Redis to Valkey, where some values no longer fit as they are; else from a newer version
    /// to the next older one; else from the only program to itself. Null where there is none at all.
    /// </summary>
    public static ServerPair? Choose(IReadOnlyList<ServerProgram> programs)
    {
        var newestFirst = programs.OrderByDescending(program => program.Version).ToList();
        var redis = newestFirst.Find(program => program.Product == "redis");
        var valkey = newestFirst.Find(program => program.Product == "valkey");
        if (redis is not null && valkey is not null)
            return new ServerPair(redis, valkey);
        return newestFirst switch
        {
            [] => null,
            [var only] => new ServerPair(only, only),
            [var newest, var older, ..] => new ServerPair(newest, older),
        };
    }
}
