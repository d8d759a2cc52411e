using Godwit.Endpoints;
using Godwit.Live;
using Godwit.Verification;

namespace Godwit.Migration;

/// <summary>How a migration ended.</summary>
internal enum MigrationStatus
{
    /// <summary>Every key arrived.</summary>
    Completed,

    /// <summary>All was read; some keys failed.</summary>
    Partial,

    /// <summary>Stopped by a signal, in order.</summary>
    Interrupted,

    /// <summary>Refused or broken off.</summary>
    Failed,
}

/// <summary>What became of the keys. <see cref="Read"/> is the sum of the others.</summary>
internal readonly record struct KeyCounts(long Written, long Skipped, long Filtered, long Expired, long Failed)
{
    /// <summary>Keys whose fate is known.</summary>
    public long Read => Written + Skipped + Filtered + Expired + Failed;

    /// <summary>The sum of two, figure by figure.</summary>
    public static KeyCounts operator +(KeyCounts left, KeyCounts right) =>
        new(
            left.Written + right.Written,
            left.Skipped + right.Skipped,
            left.Filtered + right.Filtered,
            left.Expired + right.Expired,
            left.Failed + right.Failed
        );
}

/// <summary>One source's part in the report.</summary>
/// <param name="Uri">Without secrets.</param>
/// <param name="Server">Name and version, such as <c>redis 7.0.15</c>, or <c>rdb 11</c> for a file; null if never known.</param>
/// <param name="Read">The way that was taken: <c>sync</c>, <c>scan</c> or <c>rdb</c>; null if none was.</param>
internal sealed record SourceReport(string Uri, string? Server, string? Read)
{
    /// <summary>What became of its keys.</summary>
    public KeyCounts Keys { get; init; }

    /// <summary>Of sources that were not opened.</summary>
    public static IReadOnlyList<SourceReport> NotOpened(IEnumerable<Endpoint> endpoints) =>
        [
            .. endpoints
                .SelectMany(endpoint => endpoint.Uris)
                .Select(uri => new SourceReport(uri, Server: null, Read: null)),
        ];
}

/// <summary>The target's part in the report.</summary>
/// <param name="Uri">Without secrets.</param>
/// <param name="Server">Name and version; null for a file or if never known.</param>
/// <param name="Write">The way that was taken: <c>restore</c>, <c>commands</c>, <c>restore+commands</c> or <c>json</c>.</param>
internal sealed record TargetReport(string Uri, string? Server, string? Write);

/// <summary>Why a run was refused or broke off, in its user's words.</summary>
/// <param name="Message">What and why.</param>
/// <param name="WhatToDo">The way out; null if none is known.</param>
/// <param name="BeforeFirstWrite">Nothing was written to the target yet.</param>
/// <param name="Exception">The cause, for <c>--verbose</c>.</param>
internal sealed record MigrationFailure(string Message, string? WhatToDo, bool BeforeFirstWrite, Exception Exception);

/// <summary>All that is known of a migration when it has ended.</summary>
internal sealed record MigrationReport
{
    /// <summary>How it ended.</summary>
    public required MigrationStatus Status { get; init; }

    /// <summary>What became of the keys.</summary>
    public required KeyCounts Keys { get; init; }

    /// <summary>Bytes that came from the source.</summary>
    public required long BytesRead { get; init; }

    /// <summary>Bytes that went to the target.</summary>
    public required long BytesWritten { get; init; }

    /// <summary>Wall time from the first connection to the end.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Each source.</summary>
    public required IReadOnlyList<SourceReport> Sources { get; init; }

    /// <summary>The target.</summary>
    public required TargetReport Target { get; init; }

    /// <summary>
    /// Keys that more than one source has, as far as the target's answers tell: those that were at a target which was empty at
    /// the beginning. Null where that cannot be told, and where there is one source alone.
    /// </summary>
    public long? Conflicts { get; init; }

    /// <summary>What happened to the servers meanwhile, and what was done about it: one sentence each.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    /// <summary>What became of the changes behind the snapshot; null for a copy, which follows none.</summary>
    public LiveCounts? Live { get; init; }

    /// <summary>Function libraries that arrived.</summary>
    public long FunctionsWritten { get; init; }

    /// <summary>Accepted or unavoidable losses by name (<c>field-ttl</c>, <c>idle</c>…), in keys; empty where nothing was lost.</summary>
    public IReadOnlyDictionary<string, long> Lost { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>Where failed keys are named; null if none failed.</summary>
    public string? ErrorsFile { get; init; }

    /// <summary>What the comparison at its end came to; null if there was none.</summary>
    public VerificationReport? Verification { get; init; }

    /// <summary>Why it was refused or broke off; null otherwise.</summary>
    public MigrationFailure? Failure { get; init; }

    /// <summary>The command that goes on where this run stopped; null if there is nothing left to do.</summary>
    public string? ResumeCommand { get; init; }
}
