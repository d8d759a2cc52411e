using Godwit.Connections;
using Godwit.Protocol.Commands;
using Godwit.Protocol.Resp;

namespace Godwit.Migration.Rights;

/// <summary>The commands that a source's stream of changes may bring: all that write, of those that the target has.</summary>
internal static class StreamCommands
{
    private const string Changes = "changes as they come";

    // Never sent, not even to a place where they would not be run.
    private static readonly string[] OnlyAskedDry = ["FLUSHALL", "FLUSHDB", "SWAPDB"];

    // They come in another form: what a script or a reader of a stream did, what another server took.
    private static readonly string[] NeverSent =
    [
        "EVAL",
        "EVALSHA",
        "FCALL",
        "MIGRATE",
        "RESTORE-ASKING",
        "XREADGROUP",
        "PFDEBUG",
        "BLPOP",
        "BRPOP",
        "BLMOVE",
        "BRPOPLPUSH",
        "BZPOPMAX",
        "BZPOPMIN",
        "BLMPOP",
        "BZMPOP",
    ];

    /// <summary>Asks about each, with as many arguments as the server says that it takes at least.</summary>
    /// <exception cref="ConnectionException">The connection was lost.</exception>
    public static async Task<IReadOnlyList<(NeededCommand, CommandAnswer)>> AskAsync(
        LiveEnd target,
        CommandProbe probe,
        byte[] key,
        CancellationToken cancellationToken
    )
    {
        CommandSpec[] specs =
        [
            .. CommandTable.All.Where(spec =>
                spec.Treatment is not (CommandTreatment.Control or CommandTreatment.ServerWide)
                && !NeverSent.Contains(spec.Name)
            ),
        ];
        var reply = await target
            .Connection.TryExecuteAsync(
                cancellationToken,
                ["COMMAND", "INFO", .. specs.Select(spec => (RespArgument)spec.Name)]
            )
            .ConfigureAwait(false);
        if (reply.IsError)
            return [];

        var needed = reply.Items.Where(IsPassedOn).Select(command => Form(command, key)).ToArray();
        var answers = await probe
            .AskAllAsync([.. needed.Select(command => command.Words)], cancellationToken)
            .ConfigureAwait(false);
        var asked = needed.Zip(answers).ToList();
        foreach (var name in OnlyAskedDry)
        {
            var command = new NeededCommand(Changes, false, name == "SWAPDB" ? [name, 0, 0] : [name]);
            var answer = await probe.AskDryAsync(cancellationToken, command.Words).ConfigureAwait(false);
            asked.Add((command, answer));
        }

        return asked;
    }

    // PFCOUNT may renew what a key remembers of the count, and is passed on then. A command that is not there is null.
    private static bool IsPassedOn(RespValue command) =>
        command.Items is [var name, _, var flags, ..]
        && (flags.Items.Any(flag => flag.Text == "write") || name.Text == "pfcount");

    // "-3": three words or more, the command's own among them.
    private static NeededCommand Form(RespValue command, byte[] key)
    {
        var count = Math.Abs((int)command.Items[1].Integer);
        var name = command.Items[0].Text.ToUpperInvariant();
        if (name == "XGROUP")
            return new NeededCommand(Changes, false, name, "CREATE", key, "x", 0);

        // Commands of a module, which is no part of +@write; few sources have keys of its type.
        var isOfVectorSets = name is "VADD" or "VREM" or "VSETATTR";
        var purpose = isOfVectorSets ? "changes to vector sets" : Changes;
        RespArgument[] others = [.. Enumerable.Repeat((RespArgument)key, Math.Max(0, count - 1))];
        return new NeededCommand(purpose, isOfVectorSets, [name, .. others]);
    }
}
