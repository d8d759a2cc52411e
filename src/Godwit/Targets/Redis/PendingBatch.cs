using System.Runtime.InteropServices;
using Godwit.Batches;

namespace Godwit.Targets.Redis;

/// <summary>What a reply, or a run of replies, answers.</summary>
internal enum StepKind : byte
{
    /// <summary>SELECT: anything but OK is fatal, for what follows would land in another database.</summary>
    Select,

    /// <summary>RESTORE.</summary>
    Restore,

    /// <summary>MULTI, the commands of one key, EXEC.</summary>
    Transaction,

    /// <summary>FUNCTION LOAD.</summary>
    Function,
}

/// <summary>One step of a batch on its way to the server.</summary>
/// <param name="Kind">What was sent.</param>
/// <param name="Entry">Index of the entry in its batch; -1 for SELECT.</param>
/// <param name="Commands">Commands between MULTI and EXEC.</param>
/// <param name="Guarded">The transaction's last two commands are RENAMENX and DEL: the key is taken only if it was free.</param>
internal readonly record struct Step(StepKind Kind, int Entry, int Commands = 0, bool Guarded = false);

/// <summary>A batch that was sent and whose replies are due, in the order of its steps.</summary>
internal sealed class PendingBatch(EntryBatch batch) : IDisposable
{
    private readonly List<Step> _steps = new(batch.Count + 1);

    /// <summary>The entries.</summary>
    public EntryBatch Batch => batch;

    /// <summary>What was sent, in order.</summary>
    public ReadOnlySpan<Step> Steps => CollectionsMarshal.AsSpan(_steps);

    /// <summary>Something was sent.</summary>
    public void Add(in Step step) => _steps.Add(step);

    /// <summary>Gives the batch back.</summary>
    public void Dispose() => batch.Dispose();
}
