using System.Net.Sockets;
using System.Text.Json;
using Godwit.Protocol;

namespace Godwit.Live.Status;

/// <summary>Asks the job of a state directory, which another process runs.</summary>
internal static class JobCalls
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How the job stands; null if no process is at work on it.</summary>
    /// <exception cref="JobCallException">There is one, but it does not answer, or in another form.</exception>
    public static async Task<JobStatus?> StatusAsync(
        string directory,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var stream = await ConnectAsync(directory, cancellationToken).ConfigureAwait(false);
        if (stream is null)
            return null;

        await using var closing = stream.ConfigureAwait(false);
        return await AskAsync(new JobLine(stream), directory, JobRequest.Status, timeProvider, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Lets the job end in order, and waits until it has; null if no process is at work on it.</summary>
    /// <param name="directory">The state directory.</param>
    /// <param name="stopping">Hears how it stood when it was asked.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends the waiting; the job ends nevertheless.</param>
    /// <returns>How it stood at its end.</returns>
    /// <exception cref="JobCallException">It does not answer, or died before it had ended.</exception>
    public static async Task<JobStatus?> StopAsync(
        string directory,
        Action<JobStatus> stopping,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var stream = await ConnectAsync(directory, cancellationToken).ConfigureAwait(false);
        if (stream is null)
            return null;

        await using var closing = stream.ConfigureAwait(false);
        var line = new JobLine(stream);
        var status = await AskAsync(line, directory, JobRequest.Stop, timeProvider, cancellationToken)
            .ConfigureAwait(false);
        if (status is null)
            return null;

        stopping(status);
        var last = await ReadAsync(line, directory, cancellationToken).ConfigureAwait(false);
        return last
            ?? throw new JobCallException(
                $"The job in {directory} died before it had ended in order",
                "Nothing is lost: its command with --resume goes on where it was."
            );
    }

    /// <summary>Has the job write keys as they are at the source, in order with its changes, and waits until it has.</summary>
    /// <param name="directory">The state directory.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="patience">For so long it is waited for.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>False if no process is at work on the job, or it ended before it had said that they are written.</returns>
    /// <exception cref="JobCallException">It does not answer, or cannot do that.</exception>
    public static async Task<bool> RereadAsync(
        string directory,
        IReadOnlyList<JobKey> keys,
        TimeSpan patience,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var stream = await ConnectAsync(directory, cancellationToken).ConfigureAwait(false);
        if (stream is null)
            return false;

        await using var closing = stream.ConfigureAwait(false);
        var request = new JobRequest(JobRequest.Reread) { Keys = keys };
        var status = await AskAsync(new JobLine(stream), directory, request, patience, timeProvider, cancellationToken)
            .ConfigureAwait(false);
        return status is not null;
    }

    private static Task<JobStatus?> AskAsync(
        JobLine line,
        string directory,
        string ask,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    ) => AskAsync(line, directory, new JobRequest(ask), Patience, timeProvider, cancellationToken);

    private static async Task<JobStatus?> AskAsync(
        JobLine line,
        string directory,
        JobRequest request,
        TimeSpan forSoLong,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        using var patience = new CancellationTokenSource(forSoLong, timeProvider);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await line.WriteAsync(request, JobStatusFormat.Default.JobRequest, enough.Token).ConfigureAwait(false);
            return await ReadAsync(line, directory, enough.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (patience.IsCancellationRequested)
        {
            throw new JobCallException(
                $"The job in {directory} has a process, but that does not answer",
                "It may be suspended, or the machine short of memory: look at the process.",
                exception
            );
        }
        catch (IOException)
        {
            // It ended while we asked.
            return null;
        }
    }

    private static async Task<JobStatus?> ReadAsync(JobLine line, string directory, CancellationToken cancellationToken)
    {
        try
        {
            var status = await line.ReadAsync(JobStatusFormat.Default.JobStatus, cancellationToken)
                .ConfigureAwait(false);
            return status is null or { Godwit: JobStatus.Format } ? status : throw OtherForm(directory, null);
        }
        catch (JsonException exception)
        {
            throw OtherForm(directory, exception);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task<NetworkStream?> ConnectAsync(string directory, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        try
        {
            if (JobSocketPath.Find(directory) is not { } path)
                return null;

            socket = JobSocketPath.NewSocket();
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException exception)
            when (exception.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable)
        {
            // A killed run has left it.
            socket?.Dispose();
            return null;
        }
        catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
        {
            socket?.Dispose();
            throw new JobCallException(
                $"The job in {directory} cannot be asked: {exception.Message}",
                "Ask as the user who runs it.",
                exception
            );
        }
    }

    private static JobCallException OtherForm(string directory, Exception? cause) =>
        new(
            $"The job in {directory} answers in a form that this version does not know",
            "Ask with the version of godwit that runs it.",
            cause
        );
}

/// <summary>A job that runs could not be asked.</summary>
internal sealed class JobCallException(string message, string whatToDo, Exception? innerException = null)
    : GodwitException(message, whatToDo, innerException);
