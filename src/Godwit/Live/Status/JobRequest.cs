using System.Text.Json.Serialization;

namespace Godwit.Live.Status;

/// <summary>
/// What is asked over a job's socket: one line of JSON each way. <c>status</c> is answered by one <see cref="JobStatus"/>;
/// <c>stop</c> by one at once and another when the job has ended; <c>reread</c> by one when the keys are written.
/// </summary>
/// <param name="Ask"><see cref="Status"/>, <see cref="Stop"/> or <see cref="Reread"/>.</param>
internal sealed record JobRequest(string Ask)
{
    /// <summary>How does it stand?</summary>
    public const string Status = "status";

    /// <summary>End in order.</summary>
    public const string Stop = "stop";

    /// <summary>Write keys as they are at the source now, in order with its changes.</summary>
    public const string Reread = "reread";

    /// <summary>Which; null where something else is asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<JobKey>? Keys { get; init; }

    /// <summary>The form of request and answer.</summary>
    public int Godwit { get; init; } = JobStatus.Format;
}

/// <summary>A key that a request is about.</summary>
/// <param name="Db">Its database at the source.</param>
/// <param name="Key">Its name, as <see cref="Json.BinaryText"/> writes it.</param>
internal sealed record JobKey(int Db, string Key);

/// <summary>Answer to a request that is not understood.</summary>
/// <param name="Error">Why.</param>
internal sealed record JobRefusal(string Error)
{
    /// <summary>The form that would be understood.</summary>
    public int Godwit { get; init; } = JobStatus.Format;
}
