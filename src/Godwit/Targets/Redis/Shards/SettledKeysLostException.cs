using Godwit.Endpoints;
using Godwit.Protocol;

namespace Godwit.Targets.Redis.Shards;

/// <summary>A server has taken a primary's place without all of what that had acknowledged, and what was counted as written.</summary>
internal sealed class SettledKeysLostException(RedisEndpoint before, RedisEndpoint now)
    : GodwitException(
        before.Address == now.Address
            ? $"{now.Address} has come back without all that it had before, so keys that it had taken may be missing"
            : $"{now.Address} has not got all that {before.Address} had, whose place it has taken, so keys may be missing",
        "Run it again with --on-existing replace, once every primary of the target has a replica that keeps up."
    );
