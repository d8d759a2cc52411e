namespace Godwit.Live.Status;

/// <summary>
/// What is asked over a job's socket: one line of JSON each way. <c>status</c> is answered by one <see cref="JobStatus"/>;
/// <c>stop</c> by one at once and another when the job has ended.
/// </summary>
/// <param name="Ask"><see cref="Status"/> or <see cref="Stop"/>.</param>
internal sealed record JobRequest(string Ask)
{
    /// <summary>How does it stand?</summary>
    public const string Status = "status";

    /// <summary>End in order.</summary>
    public const string Stop = "stop";

    /// <summary>The form of request and answer.</summary>
    public int Godwit { get; init; } = JobStatus.Format;
}

/// <summary>Answer to a request that is not understood.</summary>
/// <param name="Error">Why.</param>
internal sealed record JobRefusal(string Error)
{
    /// <summary>The form that would be understood.</summary>
    public int Godwit { get; init; } = JobStatus.Format;
}
