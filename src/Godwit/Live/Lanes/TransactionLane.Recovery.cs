using Godwit.Live.Positions;

namespace Godwit.Live.Lanes;

/// <content>What is done where the target refuses.</content>
internal sealed partial class TransactionLane
{
    // Nothing of the transaction was applied. Either it may be later, or some of its commands never will.
    private async Task RecoverAsync(
        LaneTransaction refused,
        IReadOnlyList<LaneError> errors,
        CancellationToken cancellationToken
    )
    {
        var passing = errors.FirstOrDefault(error => LaneErrors.MayPass(error.Text));
        if (passing.Text is not null)
        {
            await WaitAsync(LaneErrors.Exception(Connection.Endpoint, passing), cancellationToken)
                .ConfigureAwait(false);
            await SendAsync(refused.Body, cancellationToken).ConfigureAwait(false);
            return;
        }

        var commands = errors.Select(error => refused.StepsOf(error.Command).ToArray()).ToArray();
        if (commands.All(steps => steps.Length == 0))
            throw LaneErrors.Exception(Connection.Endpoint, errors[0]);

        // An MSET of ours: each SET in it is still to be refused by itself.
        if (commands.Any(steps => steps.Length > 1))
            _mergesSets = false;
        var steps = commands.Where(steps => steps.Length == 1).Select(steps => steps[0]).ToHashSet();
        _queued = null;
        await ApplyApartAsync(refused, steps, cancellationToken).ConfigureAwait(false);
    }

    // The steps between those that the target refuses go in transactions of their own. What is read anew for one of them holds
    // what later ones do to the same keys.
    private async Task ApplyApartAsync(
        LaneTransaction whole,
        HashSet<int> refusedSteps,
        CancellationToken cancellationToken
    )
    {
        var part = NewTransaction();
        part.Begin(whole.Changes!);
        var place = _answered;
        for (var i = 0; i < whole.Steps.Count; i++)
        {
            var step = whole.Steps[i];
            var action = ActionFor(whole.Changes!, step, out var keys);
            if (refusedSteps.Contains(i) && action == LaneAction.Apply)
                action = LaneAction.Reread;
            if (action == LaneAction.Reread)
            {
                await PassAsync(End(part, UpTo(place)), cancellationToken).ConfigureAwait(false);
                await PassAsync(null, cancellationToken).ConfigureAwait(false);
                if (refusedSteps.Contains(i))
                    await RepairAsync(whole, step, cancellationToken).ConfigureAwait(false);
                else if (keys!.IsServerWide)
                    await RunAloneAsync(step, keys, UpTo(place), cancellationToken).ConfigureAwait(false);
                else
                    await RereadAsync(keys.Written, cancellationToken).ConfigureAwait(false);
                part = NewTransaction();
                part.Begin(whole.Changes!);
            }
            else if (action == LaneAction.Apply)
            {
                part.Add(step);
            }

            if (step.EndsGroup)
                place = new StreamPlace(step.Offset, step.SourceDatabase);
        }

        await PassAsync(End(part, UpTo(whole.Reached)), cancellationToken).ConfigureAwait(false);
        await PassAsync(null, cancellationToken).ConfigureAwait(false);

        PositionRecord UpTo(StreamPlace reached)
        {
            var (offset, database) = reached.Offset < whole.Reached.Offset ? reached : whole.Reached;
            return whole.Record with
            {
                Applied = offset,
                Database = database,
                Sent = Math.Max(whole.Record.Sent, Reread.Through),
            };
        }
    }

    // The transaction was applied, but for these. What came behind them and built on their keys has gone astray without an error.
    private async Task RepairAsync(
        LaneTransaction applied,
        IReadOnlyList<LaneError> errors,
        CancellationToken cancellationToken
    )
    {
        var failed = new HashSet<int>();
        foreach (var error in errors)
        {
            var steps = applied.StepsOf(error.Command).ToArray();
            if (steps.Length == 0)
                throw LaneErrors.Exception(Connection.Endpoint, error);
            failed.UnionWith(steps);
        }

        CountRepaired(failed.Count);
        var astray = new HashSet<DatabaseKey>();
        for (var i = failed.Min(); i < applied.Steps.Count; i++)
            AddAstray(applied.Changes!.KeysOf(applied.Steps[i]), failed.Contains(i), astray);
        foreach (var keys in astray.Chunk(MostDue))
            await RereadAsync(keys, cancellationToken).ConfigureAwait(false);
    }

    // Nobody knows whether all of it succeeded.
    private async Task RereadUnansweredAsync(CancellationToken cancellationToken)
    {
        var applied = _unanswered!;
        _unanswered = null;
        var keys = new HashSet<DatabaseKey>();
        foreach (var step in applied.Steps)
            keys.UnionWith(applied.Changes!.KeysOf(step).Written);
        foreach (var some in keys.Chunk(MostDue))
            await RereadAsync(some, cancellationToken).ConfigureAwait(false);
        CountChanges(applied.Steps.Count);
        Pass(applied.Reached);
        Keep(applied);
    }

    private Task RepairAsync(LaneTransaction transaction, in LaneStep step, CancellationToken cancellationToken)
    {
        CountRepaired(1);
        return RereadAsync(transaction.Changes!.KeysOf(step).Written, cancellationToken);
    }
}
