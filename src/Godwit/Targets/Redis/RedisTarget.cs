using System.Threading.Channels;
using Godwit.Batches;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Targets.Redis;

/// <summary>A server that keys are written to, over one or several connections. It owns them.</summary>
internal sealed class RedisTarget : QueuedTarget
{
    private readonly RedisEndpoint _endpoint;
    private readonly RedisTargetOptions _options;
    private readonly TargetProfile _profile;
    private readonly List<RedisWriter> _writers = [];
    private readonly ControlConnection _control;
    private readonly DuplicateCheck _duplicates;

    private RedisTarget(
        RedisEndpoint endpoint,
        RedisTargetOptions options,
        TargetProfile profile,
        ControlConnection control
    )
        : base(options.Connections)
    {
        _endpoint = endpoint;
        _options = options;
        _profile = profile;
        _control = control;
        _duplicates = new DuplicateCheck(control, profile.Restore, options.DatabaseOf);
    }

    /// <inheritdoc/>
    public override TargetReport Report =>
        new(_endpoint.ToString(), _profile.Server, _options.Ways.Describe(_options.Write));

    /// <inheritdoc/>
    public override long BytesWritten => _writers.Sum(writer => writer.BytesWritten);

    /// <summary>Opens the connections for writing. Nothing is written yet.</summary>
    /// <param name="endpoint">Where.</param>
    /// <param name="options">What the user chose.</param>
    /// <param name="profile">What the server can do.</param>
    /// <param name="control">Asks single questions; the target owns it from here on.</param>
    /// <param name="timeProvider">Tells which keys have expired.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ConnectionException">A connection could not be made.</exception>
    public static async Task<RedisTarget> OpenAsync(
        RedisEndpoint endpoint,
        RedisTargetOptions options,
        TargetProfile profile,
        ControlConnection control,
        TimeProvider timeProvider,
        CancellationToken cancellationToken
    )
    {
        var target = new RedisTarget(endpoint, options, profile, control);
        try
        {
            for (var i = 0; i < options.Connections; i++)
            {
                var connection = await RedisConnection
                    .ConnectAsync(endpoint, options.Connection, timeProvider, cancellationToken)
                    .ConfigureAwait(false);
                target._writers.Add(
                    new RedisWriter(
                        connection,
                        control,
                        new BatchEncoder(options, profile, timeProvider, endpoint.Database ?? 0),
                        new ReplySettler(endpoint, options, target._duplicates)
                    )
                );
            }
        }
        catch
        {
            await target.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        target.Start(
            target._writers.Select<RedisWriter, Func<ChannelReader<EntryBatch>, CancellationToken, Task>>(writer =>
                writer.RunAsync
            )
        );
        return target;
    }

    /// <inheritdoc/>
    protected override async ValueTask DisposeWritersAsync()
    {
        foreach (var writer in _writers)
            await writer.DisposeAsync().ConfigureAwait(false);
        await _control.DisposeAsync().ConfigureAwait(false);
    }
}
