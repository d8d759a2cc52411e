using System.Security.Cryptography;
using System.Text;
using Godwit.Connections;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Protocol.Cluster;

namespace Godwit.Live;

/// <summary>
/// A marker key that is written to the source and must come out at the target: proof that what is measured as caught up is the
/// stream of the very server that clients write to. The only thing that a migration ever writes to a source, and only where
/// its user asks for it. It is deleted at the source, and that must come out too.
/// </summary>
/// <param name="connectSource">Connects to where clients write.</param>
/// <param name="connectTarget">Connects to where they will read.</param>
/// <param name="sourceDatabase">The source's database that it is written to.</param>
/// <param name="targetDatabase">The one in which it must come out.</param>
/// <param name="key">Its name at both ends.</param>
/// <param name="log">Hears what becomes of it.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class Fence(
    Func<CancellationToken, Task<RedisConnection>> connectSource,
    Func<CancellationToken, Task<RedisConnection>> connectTarget,
    int sourceDatabase,
    int targetDatabase,
    string key,
    IMigrationLog log,
    TimeProvider timeProvider
) : IAsyncDisposable
{
    // It goes by itself even if nobody is left to delete it.
    private const long LifetimeMilliseconds = 3_600_000;

    // All that the source had done is at the target by then, and the marker is not: it went another way.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(5);

    private readonly byte[] _token = Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(32, lowercase: true));
    private RedisConnection? _source;
    private RedisConnection? _target;
    private volatile Stage _stage;
    private long? _missingSince;

    private enum Stage
    {
        NotWritten,
        Written,
        Deleted,
        Passed,
    }

    /// <summary>Its name at both ends.</summary>
    public string Key => key;

    /// <summary>It has come out, and its deletion too. May be read from any thread.</summary>
    public bool IsPassed => _stage == Stage.Passed;

    /// <summary>The name of a job's marker.</summary>
    /// <param name="job">The job.</param>
    /// <param name="slot">The slot that it is to be in; null where there is no cluster.</param>
    public static string KeyOf(string job, int? slot) =>
        slot is { } at
            ? $"godwit:fence:{job}{{{Encoding.ASCII.GetString(HashSlot.TagOf(at))}}}"
            : $"godwit:fence:{job}";

    /// <summary>Takes the next step, if it is time for one.</summary>
    /// <param name="isCaughtUp">As it was measured after this was called the last time.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>True when it has passed.</returns>
    /// <exception cref="FenceLostException">It does not come out.</exception>
    /// <exception cref="ServerErrorException">One of the two refused.</exception>
    public async Task<bool> StepAsync(bool isCaughtUp, CancellationToken cancellationToken)
    {
        if (!isCaughtUp)
        {
            _missingSince = null;
            return false;
        }

        try
        {
            await StepAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ConnectionException exception) when (exception.IsTransient)
        {
            await CloseAsync().ConfigureAwait(false);
        }
        catch (ServerErrorException exception) when (exception.IsTransient)
        {
            // A server that is loading its data, say.
        }

        return IsPassed;
    }

    /// <summary>Takes the marker away from the source, if it is there still.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stage == Stage.Written)
        {
            using var enough = new CancellationTokenSource(LastPatience, timeProvider);
            try
            {
                await DeleteAtSourceAsync(enough.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is GodwitException or OperationCanceledException)
            {
                log.Warn($"The marker key {Key} is left at the source. It goes by itself within the hour.");
            }
        }

        await CloseAsync().ConfigureAwait(false);
    }

    private async Task StepAsync(CancellationToken cancellationToken)
    {
        switch (_stage)
        {
            case Stage.NotWritten:
                var source = await SourceAsync(cancellationToken).ConfigureAwait(false);
                await source
                    .ExecuteAsync(cancellationToken, "SET", Key, _token, "PX", LifetimeMilliseconds)
                    .ConfigureAwait(false);
                log.Info($"Wrote the marker key {Key} to the source: it must come out at the target.");
                Enter(Stage.Written);
                break;
            case Stage.Written:
                if ((await AtTargetAsync(cancellationToken).ConfigureAwait(false)).Span.SequenceEqual(_token))
                {
                    await DeleteAtSourceAsync(cancellationToken).ConfigureAwait(false);
                    Enter(Stage.Deleted);
                }
                else
                {
                    ThrowIfLost("The marker key that was written to the source is not at the target");
                }

                break;
            case Stage.Deleted:
                if ((await AtTargetAsync(cancellationToken).ConfigureAwait(false)).IsEmpty)
                {
                    log.Info("The marker key has come out at the target, and is deleted at both ends.");
                    Enter(Stage.Passed);
                }
                else
                {
                    ThrowIfLost("The marker key was deleted at the source, and still is at the target");
                }

                break;
        }
    }

    private void Enter(Stage stage)
    {
        _stage = stage;
        _missingSince = null;
    }

    private void ThrowIfLost(string what)
    {
        _missingSince ??= timeProvider.GetTimestamp();
        if (timeProvider.GetElapsedTime(_missingSince.Value) > Patience)
            throw new FenceLostException(what);
    }

    private async Task DeleteAtSourceAsync(CancellationToken cancellationToken)
    {
        var source = await SourceAsync(cancellationToken).ConfigureAwait(false);
        await source.ExecuteAsync(cancellationToken, "DEL", Key).ConfigureAwait(false);
    }

    private async Task<ReadOnlyMemory<byte>> AtTargetAsync(CancellationToken cancellationToken)
    {
        _target ??= await ConnectAsync(connectTarget, targetDatabase, cancellationToken).ConfigureAwait(false);
        return (await _target.ExecuteAsync(cancellationToken, "GET", Key).ConfigureAwait(false)).Bytes;
    }

    private async Task<RedisConnection> SourceAsync(CancellationToken cancellationToken) =>
        _source ??= await ConnectAsync(connectSource, sourceDatabase, cancellationToken).ConfigureAwait(false);

    private static async Task<RedisConnection> ConnectAsync(
        Func<CancellationToken, Task<RedisConnection>> connect,
        int database,
        CancellationToken cancellationToken
    )
    {
        var connection = await connect(cancellationToken).ConfigureAwait(false);
        try
        {
            await connection.ExecuteAsync(cancellationToken, "SELECT", database).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task CloseAsync()
    {
        foreach (var connection in (RedisConnection?[])[_source, _target])
        {
            if (connection is not null)
                await connection.DisposeAsync().ConfigureAwait(false);
        }

        (_source, _target) = (null, null);
    }
}

/// <summary>What was written to the source does not come out at the target, although all of its stream is applied.</summary>
internal sealed class FenceLostException(string what)
    : GodwitException(
        $"{what}, although all that the stream brought is applied",
        "The source's address may lead to other servers than the one that is followed: do not switch over, and look at who "
            + "is the primary there."
    );
