using System.Text;
using Godwit.Connections;
using Godwit.Migration.Rights;

namespace Godwit.Migration.Checks;

/// <summary>Whether the target's user may run what writing takes.</summary>
internal sealed class TargetRightsCheck
{
    private readonly List<Finding> _findings = [];
    private readonly RedisConnection _connection;
    private readonly MigrationOptions _options;

    private TargetRightsCheck(LiveEnd node, MigrationOptions options) =>
        (_connection, _options) = (node.Connection, options);

    /// <summary>What was found; empty where the user may run everything.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>How keys would be written: <c>restore</c> or <c>commands</c>; null where they cannot be.</summary>
    public string? WriteBy { get; private set; }

    /// <summary>Looks at what a server of the target answered.</summary>
    public static TargetRightsCheck Of(LiveEnd node, TargetRights rights, TargetNeeds needs, MigrationOptions options)
    {
        var check = new TargetRightsCheck(node, options);
        check.WriteBy = check.ChooseWay(rights, needs);
        return check;
    }

    private string? ChooseWay(TargetRights rights, TargetNeeds needs)
    {
        var endpoint = _connection.Endpoint;
        if (rights.Blocked is { } blocked)
        {
            Stop(
                $"{endpoint} takes no writes now: {blocked.Reply}",
                ServerErrorException.Of(endpoint, blocked.Command, Encoding.UTF8.GetBytes(blocked.Reply)).WhatToDo
                    ?? "See the server's log for the cause."
            );
            return null;
        }

        var restore = IsOpen(rights.Restore);
        var transactions = rights.Transaction.All(IsOpen);
        var closed = rights.Transaction.FirstOrDefault(answer => !IsOpen(answer)) ?? rights.Restore;
        if (!transactions && (!restore || _options.Write == WriteMode.Commands))
        {
            Stop(
                $"{endpoint} does not let us write: {closed.Reply}",
                $"Let the user write by RESTORE ({Grant} +restore ~*), or by transactions (+multi +exec +@write ~*)."
            );
            return null;
        }

        if (!transactions && needs.Following == Following.Stream)
        {
            Stop(
                $"{endpoint} does not let us use transactions, without which a change might be applied twice: {closed.Reply}",
                $"Let the user run them: {Grant} +multi +exec +discard +del."
            );
            return null;
        }

        if (!restore && _options.Write == WriteMode.Restore)
        {
            Stop(
                $"The user of {endpoint} may not write there: {rights.Restore.Reply}",
                $"Give it the right: {Grant} +restore ~*, or use --write commands."
            );
            return null;
        }

        LookAtWays(rights, restore, transactions ? null : closed);
        LookAtOthers(rights, transactions);
        LookAtFlush(rights);
        return restore && _options.Write != WriteMode.Commands ? "restore" : "commands";
    }

    private string Grant => $"ACL SETUSER {_connection.Endpoint.User ?? "default"}";

    private void LookAtWays(TargetRights rights, bool restore, CommandAnswer? noTransactions)
    {
        var endpoint = _connection.Endpoint;
        if (!restore && _options.Write == WriteMode.Auto)
        {
            Warn(
                $"{endpoint} refuses RESTORE ({rights.Restore.Reply}): every key goes by its type's commands, which is slower",
                $"{Grant} +restore"
            );
        }

        if (noTransactions is not null)
        {
            Warn(
                $"{endpoint} refuses transactions ({noTransactions.Reply}): what it cannot RESTORE fails, and large values are not written in pieces",
                $"{Grant} +multi +exec +del"
            );
        }

        if (rights.Restore.Permission == Permission.OtherKeys)
        {
            Warn(
                $"{endpoint} does not let the user write keys of such names as the source has, or the names under which values are built (KEY:godwit-*): {rights.Restore.Reply}",
                $"Let it write all keys: {Grant} ~*."
            );
        }

        if (rights.Restore.Permission == Permission.Unknown)
        {
            _findings.Add(
                Finding.Ok(
                    CheckNames.TargetRights,
                    $"Cannot tell what the user of {endpoint} may run: it may neither SUBSCRIBE nor MULTI nor ask ACL DRYRUN. A migration asks before its first write"
                )
            );
        }
    }

    // Where there are no transactions nothing goes by commands.
    private void LookAtOthers(TargetRights rights, bool transactions)
    {
        var others = rights.Others.Where(other => transactions || other.Command.For != TargetCommands.Values);
        var refused = others.Where(other => other.Answer.Permission == Permission.Refused).ToList();
        if (rights.Select.Permission == Permission.Refused)
            refused.Insert(0, (new NeededCommand(TargetCommands.Databases, false), rights.Select));
        Tell(_connection, CheckNames.TargetRights, refused, _findings);
    }

    private void LookAtFlush(TargetRights rights)
    {
        foreach (var flush in rights.Flush.Where(answer => answer.Permission == Permission.Refused))
        {
            Stop(
                $"The user of {_connection.Endpoint} may not empty it: {flush.Reply}",
                $"{Grant} {flush.Rule}, or empty it by other means."
            );
        }
    }

    /// <summary>Names what is refused: what cannot be done without in a stop, the rest in a warning.</summary>
    public static void Tell(
        RedisConnection connection,
        string check,
        IReadOnlyList<(NeededCommand Command, CommandAnswer Answer)> refused,
        ICollection<Finding> findings
    )
    {
        foreach (var part in refused.GroupBy(other => other.Command.CanDoWithout))
        {
            var purposes = part.GroupBy(other => other.Command.For, StringComparer.Ordinal)
                .Select(one => $"{string.Join(", ", Names(one))} (for {one.Key})");
            var rules = part.Select(other => other.Answer.Rule).Distinct(StringComparer.Ordinal);
            var message = $"The user of {connection.Endpoint} may not run {string.Join(", ", purposes)}";
            var wayOut =
                $"Give it the right: ACL SETUSER {connection.Endpoint.User ?? "default"} {string.Join(' ', rules)}";
            findings.Add(part.Key ? Finding.Warning(check, message, wayOut) : Finding.Stop(check, message, wayOut));
        }
    }

    private static IEnumerable<string> Names(IEnumerable<(NeededCommand Command, CommandAnswer Answer)> some) =>
        some.Select(other => other.Answer.Command).Distinct(StringComparer.Ordinal);

    private static bool IsOpen(CommandAnswer answer) =>
        answer.Permission is not (Permission.Refused or Permission.Missing);

    private void Warn(string message, string wayOut) =>
        _findings.Add(Finding.Warning(CheckNames.TargetRights, message, wayOut));

    private void Stop(string message, string wayOut) =>
        _findings.Add(Finding.Stop(CheckNames.TargetRights, message, wayOut));
}
