using Godwit.Connections;

namespace Godwit.Live.Expiry;

/// <summary>What the ends of a job do with fields that expire.</summary>
internal sealed record FieldExpirySupport
{
    /// <summary>Fields can expire at the target (Redis 7.4, Valkey 9.0). Default: true.</summary>
    public bool TargetHasThem { get; init; } = true;

    /// <summary>The target has HSETEX (Redis 8.0, Valkey 9.0). Default: false.</summary>
    public bool TargetHasSetEx { get; init; }

    /// <summary>
    /// The source names in HPEXPIREAT only fields that it has changed, as Redis does (<c>src/t_hash.c</c>, hexpireGenericCommand;
    /// seen of 8.0). Valkey also names those that have expired there and are not deleted yet. Default: false.
    /// </summary>
    public bool SourceNamesWhatChanged { get; init; }

    /// <summary>What these two say of themselves.</summary>
    public static FieldExpirySupport Of(LiveEnds ends) =>
        new()
        {
            TargetHasThem = ends.Profile.HasFieldExpiry,
            TargetHasSetEx =
                ends.Profile.HasFieldExpiry
                && ends.Target.Info
                    is { Product: ServerProduct.Redis, Version.Major: >= 8 }
                        or { Product: ServerProduct.Valkey, Version.Major: >= 9 },

            // A replica passes on what its primary wrote, of whose version we know nothing.
            SourceNamesWhatChanged = ends.Sources.All(source =>
                source.Info is { Product: ServerProduct.Redis, Version.Major: >= 8, Role: ServerRole.Primary }
            ),
        };
}
