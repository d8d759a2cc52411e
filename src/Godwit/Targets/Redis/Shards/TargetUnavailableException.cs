using System.Globalization;
using Godwit.Protocol;

namespace Godwit.Targets.Redis.Shards;

/// <summary>Servers of the target have been away for too long, and no others have taken their place.</summary>
internal sealed class TargetUnavailableException(string why, TimeSpan waited)
    : GodwitException(
        string.Create(
            CultureInfo.InvariantCulture,
            $"A part of the target takes no writes, and has not for {waited.TotalSeconds:0} s: {why}"
        ),
        "See that each of its shards has a primary that runs, then go on: what is reported as written is safe."
    );
