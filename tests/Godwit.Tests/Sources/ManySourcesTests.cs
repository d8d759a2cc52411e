using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Godwit.Batches;
using Godwit.Configuration;
using Godwit.Migration;
using Godwit.Sources;
using Godwit.Tests.Migration;

namespace Godwit.Tests.Sources;

public sealed class ManySourcesTests : IDisposable
{
    private readonly MigrationRig _rig = new();
    private readonly DeadLetters _letters;
    private readonly Ledger _ledger;

    public ManySourcesTests()
    {
        _letters = new DeadLetters(_rig.ErrorsFile, 10);
        _ledger = new Ledger(_letters, Losses.None);
    }

    public void Dispose()
    {
        _letters.Dispose();
        _rig.Dispose();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 5)]
    [InlineData(5, 5)]
    [InlineData(8, 2)]
    public async Task Read_MoreSourcesThanAtOnce_GivesAllOfEachInItsOrder(int atOnce, int count)
    {
        var running = 0;
        var most = 0;
        var played = Enumerable
            .Range(0, count)
            .Select(i => new PlayedSource(
                _ledger,
                $"s{i}",
                async (n, token) =>
                {
                    if (n == 0)
                        most = Math.Max(most, Interlocked.Increment(ref running));
                    await Task.Yield();
                    if (n == 20)
                        Interlocked.Decrement(ref running);
                    return n < 20;
                }
            ))
            .ToArray();
        await using var many = Many(atOnce, played);

        var keys = await ReadAsync(many);

        keys.Count.ShouldBe(20 * count);
        foreach (var source in keys.GroupBy(key => key.Split(':')[0], StringComparer.Ordinal))
            source.ShouldBe(Enumerable.Range(0, 20).Select(n => $"{source.Key}:{n}"));
        most.ShouldBeLessThanOrEqualTo(atOnce);
        played.ShouldAllBe(source => source.IsDisposed);
        many.Reports.Select(report => report.Keys.Written).ShouldBe(Enumerable.Repeat(20L, count));
    }

    [Fact]
    public async Task Read_MoreSourcesThanAtOnce_OpensEachInItsTurn()
    {
        var first = new TaskCompletionSource();
        var second = new PlayedSource(_ledger, "b", (n, _) => Task.FromResult(n < 1));
        await using var many = Many(
            1,
            new PlayedSource(
                _ledger,
                "a",
                async (n, _) =>
                {
                    await first.Task;
                    return n < 1;
                }
            ),
            second
        );
        await many.OpenFirstAsync(Stop);

        var reading = ReadAsync(many);
        second.IsOpen.ShouldBeFalse();
        first.SetResult();

        (await reading).ShouldBe(["a:0", "b:0"]);
        second.IsOpen.ShouldBeTrue();
    }

    [Fact]
    public async Task Read_OneBreaksOff_HandsOutWhatCameAndNamesIt()
    {
        var others = new PlayedSource(
            _ledger,
            "endless",
            async (_, token) =>
            {
                await Task.Delay(1, token);
                return true;
            }
        );
        var neverBegun = new PlayedSource(_ledger, "later", (_, _) => Task.FromResult(true));
        await using var many = Many(
            2,
            others,
            new PlayedSource(
                _ledger,
                "redis://broken:1",
                (n, _) => n < 3 ? Task.FromResult(true) : throw new ConfigurationException("It broke", "Mend it.")
            ),
            neverBegun
        );
        var keys = new List<string>();

        var error = await Should.ThrowAsync<SourceFailedException>(() => ReadAsync(many, keys));

        error.Message.ShouldBe("redis://broken:1: It broke");
        error.WhatToDo.ShouldBe("Mend it.");
        keys.Count(key => key.StartsWith("redis://broken:1", StringComparison.Ordinal)).ShouldBe(3);
        // One that nobody had room for yet goes with its source.
        others.Given.ShouldBeInRange(keys.Count - 3, keys.Count - 2);
        neverBegun.IsOpen.ShouldBeFalse();
        _ledger.Unsettled.ShouldBe(0);
    }

    [Fact]
    public async Task Read_ErrorNamesItsSource_IsThrownAsItIs()
    {
        await using var many = Many(
            2,
            new PlayedSource(_ledger, "a", (_, _) => throw new ConfigurationException("a broke", null)),
            new PlayedSource(_ledger, "b", (n, _) => Task.FromResult(n < 1))
        );

        await Should.ThrowAsync<ConfigurationException>(() => ReadAsync(many));
    }

    [Fact]
    public async Task Read_MistakeOfTheProgram_IsNotSwallowed()
    {
        await using var many = Many(
            2,
            new PlayedSource(_ledger, "a", (_, _) => throw new InvalidOperationException("bug")),
            new PlayedSource(_ledger, "b", (n, _) => Task.FromResult(n < 1))
        );

        (await Should.ThrowAsync<InvalidOperationException>(() => ReadAsync(many))).Message.ShouldBe("bug");
    }

    [Fact]
    public async Task Read_Stopped_EndsAllAndThrows()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var sources = Enumerable
            .Range(0, 3)
            .Select(i => new PlayedSource(_ledger, $"s{i}", (_, _) => Task.FromResult(true)))
            .ToArray();
        await using var many = Many(3, sources);
        var taken = 0;

        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (var batch in many.ReadAsync(stop.Token))
            {
                batch.Dispose();
                if (++taken == 50)
                    await stop.CancelAsync();
            }
        });

        // One of each that nobody had room for yet goes with its source.
        sources.Sum(source => source.Given).ShouldBeInRange(taken, taken + sources.Length);
    }

    [Fact]
    public async Task Read_TakerLeavesEarly_DisposesWhatNobodyTakes()
    {
        var sources = Enumerable
            .Range(0, 3)
            .Select(i => new PlayedSource(_ledger, $"s{i}", (_, _) => Task.FromResult(true)))
            .ToArray();
        var shares = new BufferBudget(64 << 20).Split(3);
        await using var many = new ManySources([.. sources.Select(source => source.Deferred())], shares);

        await foreach (var batch in many.ReadAsync(Stop).WithCancellation(Stop))
        {
            batch.Dispose();
            break;
        }

        shares.ShouldAllBe(share => share.Used == 0);
    }

    [Fact]
    public async Task OpenFirst_OneRefuses_Throws()
    {
        await using var many = new ManySources(
            [
                new PlayedSource(_ledger, "a", (n, _) => Task.FromResult(n < 1)).Deferred(),
                new DeferredSource("b", [], (_, _) => throw new RefusedException("no", "what to do")),
            ],
            new BufferBudget(64 << 20).Split(2)
        );

        await Should.ThrowAsync<RefusedException>(() => many.OpenFirstAsync(Stop));
    }

    [Fact]
    public async Task Progress_AddsUpWhatIsKnown()
    {
        await using var known = new ManySources([Expecting(3, null), Expecting(4, 10)], new BufferBudget(1).Split(1));
        known.ExpectedKeys.ShouldBe(7);
        known.ExpectedBytes.ShouldBeNull();
        await using var unknown = new ManySources(
            [Expecting(3, null), Expecting(null, 10)],
            new BufferBudget(1).Split(1)
        );
        unknown.ExpectedKeys.ShouldBeNull();

        static DeferredSource Expecting(long? keys, long? bytes) =>
            new("x", [], (_, _) => throw new InvalidOperationException())
            {
                ExpectedKeysBeforehand = keys,
                ExpectedBytesBeforehand = bytes,
            };
    }

    private static ManySources Many(int atOnce, params PlayedSource[] sources) =>
        new([.. sources.Select(source => source.Deferred())], new BufferBudget(64 << 20).Split(atOnce));

    private static async Task<List<string>> ReadAsync(ManySources many, List<string>? keys = null)
    {
        keys ??= [];
        await foreach (var batch in many.ReadAsync(Stop).WithCancellation(Stop))
        {
            using (batch)
            {
                batch.Account.Take(batch.Count);
                keys.Add(Encoding.UTF8.GetString(batch.Key(batch.Entries[0])));
                batch.Account.SettleKeys(Outcome.Written, 1);
            }
        }

        return keys;
    }

    /// <summary>Gives batches of one key, named by the source and a number, for as long as it is told that there is one.</summary>
    private sealed class PlayedSource(Ledger ledger, string name, Func<int, CancellationToken, Task<bool>> hasNext)
        : EntrySource
    {
        private readonly Account _account = ledger.Open(name);
        private BufferBudget? _budget;

        public int Given { get; private set; }

        public bool IsOpen => _budget is not null;

        public bool IsDisposed { get; private set; }

        public override IReadOnlyList<SourceReport> Reports =>
            [new SourceReport(name, null, null) { Keys = _account.Counts }];

        public override long BytesRead => Given;

        public DeferredSource Deferred() =>
            new(
                name,
                [new SourceReport(name, null, null)],
                (budget, _) =>
                {
                    _budget = budget;
                    return Task.FromResult<EntrySource>(this);
                }
            );

        public override async IAsyncEnumerable<EntryBatch> ReadAsync(
            [EnumeratorCancellation] CancellationToken cancellationToken
        )
        {
            for (var n = 0; await hasNext(n, cancellationToken); n++)
            {
                var buffer = await _budget!.RentAsync(1, 0, cancellationToken);
                var batch = new EntryBatch(buffer, _budget) { Account = _account };
                batch.AddCopy(
                    new Entry(),
                    Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name}:{n}")),
                    []
                );
                Given++;
                yield return batch;
            }
        }

        public override ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
