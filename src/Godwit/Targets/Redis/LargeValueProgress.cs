using Godwit.Connections;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis;

/// <summary>
/// A large value on its way: what its commands were answered. The half that sends asks, before it gives the value its name,
/// whether every one of them was taken.
/// </summary>
internal sealed class LargeValueProgress
{
    private string? _error;
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first error; null where every command was taken. Complete once <see cref="WhenSettled"/> has returned.</summary>
    public string? Error => Volatile.Read(ref _error);

    /// <summary>Ids that XCLAIM has made pending: it passes over those whose entries are gone.</summary>
    public long Claimed { get; private set; }

    /// <summary>The target refuses all writes: the key itself is not at fault.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>The server does not take it any more: another one may. Null while all is well.</summary>
    public Detour? Detour { get; private set; }

    /// <summary>The value is still to be removed by itself, as it was from its first command on.</summary>
    public bool HasLifetime { get; private set; }

    /// <summary>Nothing is there of the value.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Nothing more need be sent. May be asked from any thread.</summary>
    public bool HasFailed => Volatile.Read(ref _error) is not null;

    /// <summary>A reply has come.</summary>
    public void Answered(RespValue reply, bool isRefusal, Detour? detour = null)
    {
        IsRefused |= isRefusal;
        Detour ??= detour;

        // An error can stand within what EXEC says, too.
        if ((reply.IsError ? reply : reply.Items.FirstOrDefault(item => item.IsError)) is { } error)
            Volatile.Write(ref _error, _error ?? ServerErrorException.Clean(error.Bytes.Span));
        // Of all that is answered by an array, XCLAIM alone gives strings to its end: the ids.
        else if (reply.Items is [.., { Kind: RespKind.BulkString }])
            Claimed += reply.Items.Count;
    }

    /// <summary>The last reply is in, that to PTTL.</summary>
    public void Settle(RespValue timeToLive, bool isRefusal, Detour? detour = null)
    {
        Answered(timeToLive, isRefusal, detour);
        if (timeToLive.Kind == RespKind.Integer)
        {
            HasLifetime = timeToLive.Integer >= 0;
            IsGone = timeToLive.Integer == -2;
        }

        _settled.TrySetResult();
    }

    /// <summary>Waits for the last reply.</summary>
    public Task WhenSettled(CancellationToken cancellationToken) => _settled.Task.WaitAsync(cancellationToken);
}
