namespace Godwit.Live;

/// <summary>What a live job does, in its user's words.</summary>
internal static class LivePhase
{
    /// <summary>Both ends are looked at.</summary>
    public const string Connecting = "connecting";

    /// <summary>The source prepares its snapshot, and has sent nothing of it.</summary>
    public const string Waiting = "waiting for the snapshot";

    /// <summary>The snapshot is written to the target.</summary>
    public const string Copying = "copying";

    /// <summary>What an earlier snapshot brought and a newer one did not is looked for at the target.</summary>
    public const string Comparing = "comparing";

    /// <summary>The job that is to be gone back on is still at work; changes come in, and none counts yet.</summary>
    public const string WaitingForCutOver = "waiting for the cut-over";

    /// <summary>Changes are applied.</summary>
    public const string Following = "following";

    /// <summary>All is applied, and what was the job's own is removed.</summary>
    public const string Finishing = "finishing";
}
