using Godwit.Targets.Redis;

namespace Godwit.Migration.Checks;

/// <summary>What the source has, as far as it tells, and the target cannot hold.</summary>
internal static class LossChecks
{
    /// <summary>Function libraries (7.0).</summary>
    public static Finding Functions(SourceEnds sources, TargetProfile target, Losses allowed)
    {
        if (sources.Live.All(source => source.Info["number_of_libraries"] is null or "0"))
            return Finding.Ok(CheckNames.Functions, "The source tells of no function libraries");
        if (target.HasFunctions)
            return Finding.Ok(CheckNames.Functions, $"{target.Server} takes the source's function libraries");

        var found = $"{target.Server} has no function libraries";
        return allowed.HasFlag(Losses.Functions)
            ? Finding.Warning(CheckNames.Functions, $"{found}: the source's are left behind, as you allow")
            : Finding.Warning(
                CheckNames.Functions,
                $"{found}: the source's will fail",
                "--allow-loss functions leaves them behind."
            );
    }

    /// <summary>Fields of hashes that expire (Redis 7.4, Valkey 9.0).</summary>
    public static Finding FieldExpiries(SourceEnds sources, TargetProfile target, Losses allowed)
    {
        if (!sources.Live.Any(HasFieldExpiries))
            return Finding.Ok(CheckNames.FieldExpiries, "The source tells of no fields that expire");
        if (target.HasFieldExpiry)
            return Finding.Ok(CheckNames.FieldExpiries, $"{target.Server} can expire fields of hashes");

        var found = $"{target.Server} cannot expire fields of hashes: those that have such fields";
        return allowed.HasFlag(Losses.FieldExpiries)
            ? Finding.Warning(CheckNames.FieldExpiries, $"{found} are written without, as you allow")
            : Finding.Warning(
                CheckNames.FieldExpiries,
                $"{found} will fail",
                "--allow-loss field-ttl writes them without."
            );
    }

    /// <summary>Modules, whose types nothing else can load.</summary>
    public static Finding Modules(SourceEnds sources, LiveEnd target)
    {
        if (target.Modules is null)
            return Finding.Ok(CheckNames.Modules, "The target does not tell which modules it has");

        var missing = sources
            .Live.SelectMany(source => source.Modules ?? [])
            .Select(module => module.Name)
            .Except(target.Modules.Select(module => module.Name), StringComparer.OrdinalIgnoreCase)
            .ToArray();
        if (missing.Length == 0 && sources.Live.Any(source => source.Modules is null))
            return Finding.Ok(CheckNames.Modules, "The source does not tell which modules it has");
        return missing.Length == 0
            ? Finding.Ok(CheckNames.Modules, "The target has every module of the source")
            : Finding.Warning(
                CheckNames.Modules,
                $"The target lacks modules of the source: {string.Join(", ", missing)}",
                "Keys of their types, if there are any, will fail."
            );
    }

    // "db0:keys=3,expires=0,avg_ttl=0,subexpiry=1" (Redis 7.4), "keys_with_volatile_items=1" (Valkey 9.0).
    private static bool HasFieldExpiries(LiveEnd source) =>
        source.Info.Keyspaces.Any(keyspace =>
            source.Info[$"db{keyspace.Database}"]!
                .Split(',')
                .Any(part =>
                    (
                        part.StartsWith("subexpiry=", StringComparison.Ordinal)
                        || part.StartsWith("keys_with_volatile_items=", StringComparison.Ordinal)
                    ) && !part.EndsWith("=0", StringComparison.Ordinal)
                )
        );
}
