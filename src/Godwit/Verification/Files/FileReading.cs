using Godwit.Batches;

namespace Godwit.Verification.Files;

/// <summary>Reads files from beginning to end, batch by batch.</summary>
internal static class FileReading
{
    /// <summary>Gives each batch, in its order, to somebody who does not own it.</summary>
    /// <remarks>
    /// The pieces of a large value come while the next batch is waited for, so what is done with that value goes on meanwhile.
    /// </remarks>
    public static async Task ForEachAsync(
        FileKeys file,
        Func<EntryBatch, Task> action,
        CancellationToken cancellationToken
    )
    {
        var large = Task.CompletedTask;
        try
        {
            await foreach (var batch in file.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                await large.ConfigureAwait(false);
                var doing = DoAsync(batch, action);
                if (batch.Large is null)
                    await doing.ConfigureAwait(false);
                else
                    large = doing;
            }
        }
        catch
        {
            // What broke off the reading is what is told; where that was done with a value, it has told us.
            await large.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await large.ConfigureAwait(false);
    }

    private static async Task DoAsync(EntryBatch batch, Func<EntryBatch, Task> action)
    {
        using (batch)
            await action(batch).ConfigureAwait(false);
    }
}
