using System.Text.Json;
using System.Text.Json.Serialization;
using Godwit.Migration;

namespace Godwit.Live.Reversing;

/// <summary>
/// Where a live job ended that had caught up: from there on the target's changes are its clients' own. Whoever follows them from exactly
/// there, into what was the source, can go back.
/// </summary>
internal sealed record CutOver
{
    private const string Name = "cut-over.json";

    /// <summary>The job that ended.</summary>
    public required string Job { get; init; }

    /// <summary>The URI of what was its source, without secrets.</summary>
    public required string Source { get; init; }

    /// <summary>The URI of its target, without secrets.</summary>
    public required string Target { get; init; }

    /// <summary>When it was.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Both held the same, and nothing else.</summary>
    public required bool WereAlike { get; init; }

    /// <summary>Where each server of the target was.</summary>
    public required IReadOnlyList<CutOverPlace> Places { get; init; }

    /// <summary>Reads what a job has left; null if it has left nothing.</summary>
    /// <param name="directory">The job's.</param>
    /// <exception cref="RefusedException">It is damaged, or cannot be read.</exception>
    public static CutOver? Find(string directory)
    {
        var path = Path.Combine(directory, Name);
        try
        {
            // One that was only announced says nothing yet.
            if (!File.Exists(path) || new FileInfo(path).Length == 0)
                return null;

            using var file = File.OpenRead(path);
            return JsonSerializer.Deserialize(file, CutOverFormat.Default.CutOver);
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(
                $"{path}, which says where the job ended, cannot be read: {exception.Message}",
                "Without it nobody knows which changes are to go back. Copy instead: leave --reverse-of out.",
                exception
            );
        }
    }

    /// <summary>
    /// Says in a job's directory that it is about to find out where it ends: from now on a change at the target may lie behind that place.
    /// </summary>
    /// <exception cref="FileFailureException">It could not be written.</exception>
    public static void Announce(string directory) => Write(directory, _ => { });

    /// <summary>True once a job has announced it. Where this is false, what the target has sent by then lies before the job's end.</summary>
    public static bool IsAnnounced(string directory) => File.Exists(Path.Combine(directory, Name));

    /// <summary>Leaves it in a job's directory.</summary>
    /// <exception cref="FileFailureException">It could not be written.</exception>
    public void Save(string directory) =>
        Write(directory, file => JsonSerializer.Serialize(file, this, CutOverFormat.Default.CutOver));

    /// <summary>Removes what an earlier run has left: the job goes on.</summary>
    public static void Forget(string directory) => File.Delete(Path.Combine(directory, Name));

    private static void Write(string directory, Action<FileStream> write)
    {
        var path = Path.Combine(directory, Name);
        try
        {
            using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);
            write(file);
            file.Flush(flushToDisk: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FileFailureException(
                $"Where the job ended cannot be written to {path}: {exception.Message}",
                "All is at the target, but there is no way back by --reverse-of. Make room there for the next time.",
                exception
            );
        }
    }
}

/// <summary>Where one server of a target was when a job ended.</summary>
/// <param name="Node">The primary's node id in a cluster; else its name.</param>
/// <param name="Slots">The slots that it owned: <c>0-5460</c>.</param>
/// <param name="ReplicationId">The history that the offset counts in.</param>
/// <param name="Offset">All of the job's changes lie before it, but for its own record.</param>
/// <param name="Database">The database that is selected behind that record.</param>
/// <param name="KeepsChanges">The server kept its changes for replicas (it had a backlog).</param>
internal sealed record CutOverPlace(
    string Node,
    string Slots,
    string ReplicationId,
    long Offset,
    int Database,
    bool KeepsChanges
);

/// <summary>How it is written.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CutOver))]
internal sealed partial class CutOverFormat : JsonSerializerContext;
