using Godwit.Protocol.Resp;

namespace Godwit.Migration.Rights;

/// <summary>A command that a run may send, in a form that does no harm if it were run.</summary>
/// <param name="For">What it is sent for, as the object of a sentence: <c>function libraries</c>.</param>
/// <param name="CanDoWithout">Without it the run goes another way, which its user is told.</param>
/// <param name="Words">With the right number of arguments, since servers look at that first.</param>
internal sealed record NeededCommand(string For, bool CanDoWithout, params RespArgument[] Words);
