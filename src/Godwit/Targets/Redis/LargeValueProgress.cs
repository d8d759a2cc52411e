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

    /// <summary>Nothing more need be sent. May be asked from any thread.</summary>
    public bool HasFailed => Volatile.Read(ref _error) is not null;

    /// <summary>A reply has come.</summary>
    public void Answered(RespValue reply, bool isRefusal)
    {
        IsRefused |= isRefusal;
        if (reply.IsError)
            Volatile.Write(ref _error, _error ?? ServerErrorException.Clean(reply.Bytes.Span));
        else if (reply.Items.Count > 0 && reply.Items[0].Items.Count == 0)
            Claimed += reply.Items.Count;
    }

    /// <summary>The last reply is in.</summary>
    public void Settle() => _settled.TrySetResult();

    /// <summary>Waits for the last reply.</summary>
    public Task WhenSettled(CancellationToken cancellationToken) => _settled.Task.WaitAsync(cancellationToken);
}
