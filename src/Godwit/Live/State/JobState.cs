using System.Text.Json.Serialization;

namespace Godwit.Live.State;

/// <summary>What a job keeps on disk about itself. What counts for the data is at the target; this is what that cannot tell.</summary>
internal sealed record JobState
{
    /// <summary>The job's name in its records at the target: 12 hexadecimal digits.</summary>
    public required string Job { get; init; }

    /// <summary>The source's URI, without secrets.</summary>
    public required string Source { get; init; }

    /// <summary>The target's URI, without secrets.</summary>
    public required string Target { get; init; }

    /// <summary>The target held no key when the job began: all that it holds now is the job's own.</summary>
    public bool TargetWasEmpty { get; init; }

    /// <summary>The target held no function library when the job began.</summary>
    public bool TargetHadNoLibraries { get; init; }

    /// <summary>How changes are learned of, where that is not the replication stream: <c>tracking</c> or <c>notify</c>.</summary>
    public string? Follow { get; init; }

    /// <summary>The offset that the target had confirmed when this was written.</summary>
    public long Applied { get; init; }

    /// <summary>Number of the record that the target had when this was written: offsets of another history would say nothing.</summary>
    public long Sequence { get; init; }

    /// <summary>The directory of the job that this one goes back on; null for none.</summary>
    public string? ReverseOf { get; init; }

    /// <summary>The servers that are followed, in a job that follows the replication stream; null in a state of an earlier version.</summary>
    public IReadOnlyList<ServerState>? Servers { get; init; }

    /// <summary>The records at the target, in a job that follows the replication stream; null in a state of an earlier version.</summary>
    public IReadOnlyList<RecordState>? Records { get; init; }

    /// <summary>When this was written; null in a state of an earlier version.</summary>
    public DateTimeOffset? Seen { get; init; }

    /// <summary>How the last run ended: <see cref="Stopped"/> or <see cref="Failed"/>; null while one is at work, and after it was killed.</summary>
    public string? Ended { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>
    /// The change of the source that the job cannot pass on, in words; null where there is none. To go on with the job would lead to it
    /// again, and bring keys of behind it to the target before that.
    /// </summary>
    public string? Refusal { get; init; }

    /// <summary>Where it spools, if not in the state directory.</summary>
    public string? Spool { get; init; }

    /// <summary>The command that goes on with it, without secrets.</summary>
    public string? ResumeCommand { get; init; }

    /// <summary>A run that its user has stopped, in order.</summary>
    public const string Stopped = "stopped";

    /// <summary>A run that broke off.</summary>
    public const string Failed = "failed";
}

/// <summary>A server of the source, as a job knows it.</summary>
/// <param name="Number">Its number in the records' names.</param>
/// <param name="Node">The primary's node id in a cluster; else its name.</param>
/// <param name="Slots">The slots whose changes are taken from it: <c>0-5460</c>.</param>
internal sealed record ServerState(int Number, string Node, string Slots);

/// <summary>A record of a job at its target.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Server">The number of the server whose changes it is about.</param>
/// <param name="Sequence">Its number when this was written: one with a lower number is of an older state of the target.</param>
internal sealed record RecordState(string Name, int Server, long Sequence);

/// <summary>How it is written.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(JobState))]
internal sealed partial class JobStateFormat : JsonSerializerContext;
