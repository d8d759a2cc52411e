namespace Godwit.Migration;

/// <summary>What becomes of an entry.</summary>
internal enum Outcome
{
    /// <summary>It is at the target, and the target said so.</summary>
    Written,

    /// <summary>The target had the key already and keeps its own.</summary>
    Skipped,

    /// <summary>It was gone, or its time was over, before it could be written.</summary>
    Expired,

    /// <summary>The source gave it twice, and the target has it already from the first time. It does not count again.</summary>
    Duplicate,
}

/// <summary>The sum of all <see cref="Account"/>s: one for each reading of each source. Safe for use from any thread.</summary>
internal sealed class Ledger(DeadLetters deadLetters, Losses allowed)
{
    private readonly Lock _lock = new();
    private readonly List<Account> _accounts = [];
    private long _failedOfVoided;

    /// <summary>Losses that the user accepts.</summary>
    public Losses Allowed => allowed;

    /// <summary>What happened to the servers meanwhile.</summary>
    public RunEvents Events { get; } = new();

    /// <summary>Names each entry that fails.</summary>
    public DeadLetters DeadLetters => deadLetters;

    /// <summary>Entries that sources have handed out and nobody has settled yet.</summary>
    public long Unsettled => Sum(account => account.Unsettled);

    /// <summary>Function libraries that arrived.</summary>
    public long FunctionsWritten => Sum(account => account.FunctionsWritten);

    /// <summary>Keys that the target had already, whatever became of them.</summary>
    public long Existing => Sum(account => account.Existing);

    /// <summary>The settled keys. A function library counts among them only where it fails.</summary>
    public KeyCounts Counts
    {
        get
        {
            lock (_lock)
            {
                return _accounts.Aggregate(
                    new KeyCounts(Written: 0, Skipped: 0, Filtered: 0, Expired: 0, _failedOfVoided),
                    (sum, account) => sum + account.Counts
                );
            }
        }
    }

    /// <summary>Losses that happened, by name.</summary>
    public IReadOnlyDictionary<string, long> Lost
    {
        get
        {
            lock (_lock)
            {
                return _accounts
                    .SelectMany(account => account.Lost.ToDictionary())
                    .GroupBy(lost => lost.Key, StringComparer.Ordinal)
                    .ToDictionary(lost => lost.Key, lost => lost.Sum(of => of.Value), StringComparer.Ordinal);
            }
        }
    }

    /// <summary>Opens an account for one reading of a source.</summary>
    /// <param name="source">The URI or path that its user named, without secrets; null for what comes from no source.</param>
    /// <param name="mayRepeat">See <see cref="Account.MayRepeat"/>.</param>
    /// <param name="isReadAgain">See <see cref="Account.IsReadAgain"/>.</param>
    /// <param name="isOfOneDatabase">See <see cref="Account.IsOfOneDatabase"/>.</param>
    /// <param name="countsBySlot">See <see cref="Account.CountsBySlot"/>.</param>
    /// <param name="secondLook">See <see cref="Account.SecondLook"/>.</param>
    public Account Open(
        string? source,
        bool mayRepeat = false,
        bool isReadAgain = false,
        bool isOfOneDatabase = false,
        bool countsBySlot = false,
        ISecondLook? secondLook = null
    )
    {
        var account = new Account(this, source)
        {
            MayRepeat = mayRepeat,
            IsReadAgain = isReadAgain,
            IsOfOneDatabase = isOfOneDatabase,
            CountsBySlot = countsBySlot,
            SecondLook = secondLook,
        };
        lock (_lock)
            _accounts.Add(account);
        return account;
    }

    /// <summary>For <see cref="Account.Void"/>.</summary>
    internal void Void(Account account)
    {
        if (account.Unsettled != 0)
            throw new InvalidOperationException($"{account.Unsettled} entries of the account are still on their way");
        lock (_lock)
        {
            if (_accounts.Remove(account))
                _failedOfVoided += account.Counts.Failed;
        }
    }

    /// <summary>For an <see cref="Account"/> that has noted one more failure.</summary>
    /// <exception cref="TooManyErrorsException">More entries have failed than the user wants to see.</exception>
    internal void ThrowIfTooManyFailed(string reason)
    {
        var failed = Counts.Failed;
        if (failed > deadLetters.Limit)
            throw new TooManyErrorsException(failed, deadLetters.Path, reason);
    }

    private long Sum(Func<Account, long> figure)
    {
        lock (_lock)
            return _accounts.Sum(figure);
    }
}
