using System.Runtime.InteropServices;
using Godwit.Batches;

namespace Godwit.Targets.Redis;

/// <summary>What a reply, or a run of replies, answers.</summary>
internal enum StepKind : byte
{
    /// <summary>SELECT: anything but OK is fatal, for what follows would land in another database.</summary>
    Select,

    /// <summary>ASKING: the next command may be about a slot that is just coming to this node.</summary>
    Asking,

    /// <summary>RESTORE.</summary>
    Restore,

    /// <summary>MULTI, the commands of one key, EXEC.</summary>
    Transaction,

    /// <summary>FUNCTION LOAD.</summary>
    Function,

    /// <summary>Some commands of a large value.</summary>
    Part,

    /// <summary>PTTL behind all parts of a large value.</summary>
    EndOfParts,
}

/// <summary>How a transaction gives a value, built under a name that nobody has, the key's own.</summary>
internal enum Naming : byte
{
    /// <summary>It does not: the value is built under the key's name.</summary>
    None,

    /// <summary>The last two commands are RENAMENX and one that removes what could not be renamed: the key is taken only if it was free.</summary>
    RenameIfFree,

    /// <summary>The last command is RENAME.</summary>
    Rename,
}

/// <summary>One step of a batch on its way to the server.</summary>
/// <param name="Kind">What was sent.</param>
/// <param name="Entry">Index of the entry in its batch; -1 for what belongs to none.</param>
/// <param name="Commands">Commands between MULTI and EXEC, or of the part.</param>
/// <param name="Naming">How the transaction ends.</param>
internal readonly record struct Step(StepKind Kind, int Entry, int Commands = 0, Naming Naming = Naming.None);

/// <summary>A batch that was sent and whose replies are due, in the order of its steps.</summary>
internal sealed class PendingBatch(EntryBatch batch, LargeValueProgress? progress = null, Fates? fates = null)
    : IDisposable
{
    private readonly List<Step> _steps = new(batch.Count + 1);

    /// <summary>The entries.</summary>
    public EntryBatch Batch => batch;

    /// <summary>What was sent, in order.</summary>
    public ReadOnlySpan<Step> Steps => CollectionsMarshal.AsSpan(_steps);

    /// <summary>Takes the replies to parts of a large value; null for all else.</summary>
    public LargeValueProgress? Progress => progress;

    /// <summary>
    /// Takes what became of each entry, where what was written is settled by somebody else, once it is confirmed; null where it
    /// is settled by the reply.
    /// </summary>
    public Fates? Fates => fates;

    /// <summary>Some commands of a large value were sent.</summary>
    public static PendingBatch Part(LargeValueProgress progress, int commands) =>
        Of(progress, new Step(StepKind.Part, -1, commands));

    /// <summary>All parts of a large value were sent.</summary>
    public static PendingBatch EndOfParts(LargeValueProgress progress) =>
        Of(progress, new Step(StepKind.EndOfParts, -1));

    /// <summary>Something was sent.</summary>
    public void Add(in Step step) => _steps.Add(step);

    /// <summary>Gives the batch back.</summary>
    public void Dispose() => batch.Dispose();

    private static PendingBatch Of(LargeValueProgress progress, in Step step)
    {
        var pending = new PendingBatch(new EntryBatch(), progress);
        pending.Add(step);
        return pending;
    }
}
