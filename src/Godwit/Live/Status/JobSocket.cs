using System.Net.Sockets;
using System.Text.Json;
using Godwit.Json;
using Godwit.Live.Lanes;
using Godwit.Migration;

namespace Godwit.Live.Status;

/// <summary>
/// A running job's ear: a socket of the Unix family for its owner alone, at which <c>godwit status</c>, <c>godwit stop</c> and
/// <c>godwit verify</c> ask. Whoever asks wrongly, slowly or not at all does not disturb the job.
/// </summary>
internal sealed class JobSocket : IAsyncDisposable
{
    // Nobody asks that much; it only keeps a mistaken script from taking all of the process's file descriptors.
    private const int MaxConnections = 32;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // So long keys may take to be read and written, behind what the job has to do before them. Whoever asks is not that patient.
    private static readonly TimeSpan RereadPatience = TimeSpan.FromMinutes(2);

    private readonly string _directory;
    private readonly Socket _listener;
    private readonly Func<JobStatus> _status;
    private readonly Action _stop;
    private readonly RereadKeysAsync? _reread;
    private readonly TimeProvider _timeProvider;
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _room = new(MaxConnections);
    private readonly TaskCompletionSource<JobStatus> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _accepting;

    private JobSocket(
        string directory,
        Socket listener,
        Func<JobStatus> status,
        Action stop,
        TimeProvider timeProvider,
        RereadKeysAsync? reread
    )
    {
        _reread = reread;
        _directory = directory;
        _listener = listener;
        _status = status;
        _stop = stop;
        _timeProvider = timeProvider;
        _accepting = AcceptAsync();
    }

    /// <summary>Begins to listen. The caller holds the directory's lock, so that a socket which is there is a dead one's.</summary>
    /// <param name="directory">The state directory, in full.</param>
    /// <param name="status">How the job stands. Called from any thread.</param>
    /// <param name="stop">Asks the job to end in order. Called from any thread, perhaps several times.</param>
    /// <param name="timeProvider">The clock by which a caller is given up.</param>
    /// <param name="reread">Has the job read keys anew; null if it never does. Called from any thread.</param>
    /// <exception cref="RefusedException">The directory takes no socket.</exception>
    public static JobSocket Listen(
        string directory,
        Func<JobStatus> status,
        Action stop,
        TimeProvider timeProvider,
        RereadKeysAsync? reread = null
    )
    {
        var listener = JobSocketPath.NewSocket();
        try
        {
            var path = JobSocketPath.Choose(directory);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            // Before anybody can connect.
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SocketException)
        {
            listener.Dispose();
            throw new RefusedException(
                $"The directory {directory} cannot hold the job's socket: {exception.Message}",
                "Name a directory of a local file system with --state.",
                exception
            );
        }

        return new JobSocket(directory, listener, status, stop, timeProvider, reread);
    }

    /// <summary>Tells those who wait for it that the job has ended, and how.</summary>
    public void End(JobStatus last) => _ended.TrySetResult(last);

    /// <summary>Listens no more. Whoever was told of the end has got the answer.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        _ended.TrySetCanceled();
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        // All of the room is free when the last caller has gone.
        for (var i = 0; i < MaxConnections; i++)
            await _room.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        JobSocketPath.Remove(_directory);
        _closing.Dispose();
        _room.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            await _room.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                var caller = await _listener.AcceptAsync(CancellationToken.None).ConfigureAwait(false);
                _ = AnswerAsync(caller);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                _room.Release();
                if (
                    exception
                    is ObjectDisposedException
                        or SocketException { SocketErrorCode: SocketError.OperationAborted }
                )
                    return;
                // Too many open files, say. Those who ask wait a little.
                await Task.Delay(TimeSpan.FromMilliseconds(100), _timeProvider, CancellationToken.None)
                    .ConfigureAwait(false);
            }
        }
    }

    private async Task AnswerAsync(Socket caller)
    {
        // Never in the way of the one who accepts.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var stream = new NetworkStream(caller, ownsSocket: true);
            await using var closing = stream.ConfigureAwait(false);
            var line = new JobLine(stream);
            if (!await AnswerAsync(line).ConfigureAwait(false))
                return;

            _stop();
            var last = await _ended.Task.ConfigureAwait(false);
            using var patience = new CancellationTokenSource(Patience, _timeProvider);
            await line.WriteAsync(last, JobStatusFormat.Default.JobStatus, patience.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // Whoever asked has gone, or did not say what.
        }
        finally
        {
            _room.Release();
        }
    }

    // True if the job is to stop.
    private async Task<bool> AnswerAsync(JobLine line)
    {
        using var patience = new CancellationTokenSource(Patience, _timeProvider);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, patience.Token);
        var request = await ReadAsync(line, enough.Token).ConfigureAwait(false);
        if (request is { Godwit: JobStatus.Format, Ask: JobRequest.Reread } && KeysOf(request) is { } keys)
        {
            await RereadAsync(line, keys).ConfigureAwait(false);
            return false;
        }

        if (request is not { Godwit: JobStatus.Format, Ask: JobRequest.Status or JobRequest.Stop })
        {
            await RefuseAsync(line, $"this job understands requests of form {JobStatus.Format}", enough.Token)
                .ConfigureAwait(false);
            return false;
        }

        await line.WriteAsync(_status(), JobStatusFormat.Default.JobStatus, enough.Token).ConfigureAwait(false);
        return request.Ask == JobRequest.Stop;
    }

    private async Task RereadAsync(JobLine line, DatabaseKey[] keys)
    {
        using var patience = new CancellationTokenSource(RereadPatience, _timeProvider);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, patience.Token);
        var isDone = _reread is not null && await _reread(keys, enough.Token).ConfigureAwait(false);
        if (isDone)
            await line.WriteAsync(_status(), JobStatusFormat.Default.JobStatus, enough.Token).ConfigureAwait(false);
        else
            await RefuseAsync(line, "this job follows no stream just now", enough.Token).ConfigureAwait(false);
    }

    // Null if they are no names.
    private static DatabaseKey[]? KeysOf(JobRequest request)
    {
        try
        {
            return request.Keys?.All(key => key is { Key: not null }) == true
                ? [.. request.Keys.Select(key => DatabaseKey.Of(key.Db, BinaryText.Decode(key.Key)))]
                : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static Task RefuseAsync(JobLine line, string reason, CancellationToken cancellationToken) =>
        line.WriteAsync(new JobRefusal(reason), JobStatusFormat.Default.JobRefusal, cancellationToken);

    private static async Task<JobRequest?> ReadAsync(JobLine line, CancellationToken cancellationToken)
    {
        try
        {
            return await line.ReadAsync(JobStatusFormat.Default.JobRequest, cancellationToken).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Has a job write keys as they are at the source, in order with its changes.</summary>
/// <returns>False if it cannot just now.</returns>
internal delegate Task<bool> RereadKeysAsync(IReadOnlyList<DatabaseKey> keys, CancellationToken cancellationToken);
