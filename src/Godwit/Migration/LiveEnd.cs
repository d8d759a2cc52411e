using Godwit.Connections;

namespace Godwit.Migration;

/// <summary>A server at one end, and what it says of itself.</summary>
/// <param name="Connection">Logged in.</param>
/// <param name="Info">Its INFO.</param>
/// <param name="Modules">Its modules; null if it does not say.</param>
internal sealed record LiveEnd(RedisConnection Connection, ServerInfo Info, IReadOnlyList<ServerModule>? Modules);
