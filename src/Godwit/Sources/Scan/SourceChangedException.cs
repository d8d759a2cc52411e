using Godwit.Endpoints;
using Godwit.Protocol;

namespace Godwit.Sources.Scan;

/// <summary>A key changed while it was being read in pieces: what was read of it is to be dropped.</summary>
internal sealed class SourceChangedException(RedisEndpoint endpoint)
    : GodwitException($"A key of {endpoint} changed while it was being read");
