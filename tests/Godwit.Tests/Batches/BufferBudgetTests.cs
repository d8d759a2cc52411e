using Godwit.Batches;

namespace Godwit.Tests.Batches;

public sealed class BufferBudgetTests
{
    private const int Unit = EntryBatch.DefaultBufferSize;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, Unit)]
    [InlineData(Unit, Unit)]
    [InlineData(Unit + 1, 2 * Unit)]
    [InlineData((4 * Unit) - 1, 4 * Unit)]
    public async Task Rent_AnyLength_GivesTheNextPowerOfTwo(int length, int expected)
    {
        var budget = new BufferBudget(8 * Unit);

        var buffer = await budget.RentAsync(length, held: 0, Stop);

        buffer.Length.ShouldBe(expected);
        budget.Used.ShouldBe(expected);
        budget.Return(buffer);
        budget.Used.ShouldBe(0);
    }

    [Fact]
    public async Task Rent_BufferHasComeBack_IsUsedAgain()
    {
        var budget = new BufferBudget(4 * Unit);
        var small = await budget.RentAsync(1, held: 0, Stop);
        var large = await budget.RentAsync(2 * Unit, held: 0, Stop);
        budget.Return(small);
        budget.Return(large);

        (await budget.RentAsync(2 * Unit, held: 0, Stop)).ShouldBeSameAs(large);
        (await budget.RentAsync(Unit, held: 0, Stop)).ShouldBeSameAs(small);
    }

    [Fact]
    public async Task Rent_LimitIsReached_WaitsForTheNextReturn()
    {
        var budget = new BufferBudget(2 * Unit);
        var first = await budget.RentAsync(1, held: 0, Stop);
        await budget.RentAsync(1, held: 0, Stop);

        var third = budget.RentAsync(1, held: 0, Stop).AsTask();
        third.IsCompleted.ShouldBeFalse();
        budget.Return(first);

        (await third.WaitAsync(TimeSpan.FromMinutes(1), Stop)).ShouldBeSameAs(first);
        budget.Used.ShouldBe(2 * Unit);
    }

    // Its own buffers are all that is in use, so nothing will ever come back.
    [Fact]
    public async Task Rent_NobodyElseHoldsAny_NeedNotWait()
    {
        var budget = new BufferBudget(2 * Unit);
        var mine = await budget.RentAsync(2 * Unit, held: 0, Stop);

        var larger = await budget.RentAsync(16 * Unit, held: mine.Length, Stop);

        larger.Length.ShouldBe(16 * Unit);
        budget.Return(mine);
        budget.Return(larger);
        budget.Used.ShouldBe(0);
    }

    [Fact]
    public async Task Rent_SomebodyElseHoldsOne_WaitsThoughItHoldsOneToo()
    {
        var budget = new BufferBudget(2 * Unit);
        var mine = await budget.RentAsync(1, held: 0, Stop);
        var theirs = await budget.RentAsync(1, held: 0, Stop);

        var larger = budget.RentAsync(16 * Unit, held: mine.Length, Stop).AsTask();
        larger.IsCompleted.ShouldBeFalse();
        budget.Return(theirs);

        (await larger.WaitAsync(TimeSpan.FromMinutes(1), Stop)).Length.ShouldBe(16 * Unit);
    }

    [Fact]
    public async Task Rent_Cancelled_EndsAndTakesNothing()
    {
        var budget = new BufferBudget(Unit);
        var buffer = await budget.RentAsync(1, held: 0, Stop);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var waiting = budget.RentAsync(1, held: 0, cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting);
        budget.Used.ShouldBe(Unit);
        budget.Return(buffer);
        budget.Used.ShouldBe(0);
    }

    [Fact]
    public async Task Rent_ManyAtOnce_StaysWithinTheLimitAndNobodyWaitsForEver()
    {
        const int Limit = 6 * Unit;
        var budget = new BufferBudget(Limit);
        var inUse = 0L;
        var most = 0L;
        var lockedMost = new Lock();

        var renters = Enumerable.Range(0, 8).Select(seed => Task.Run(() => RentManyAsync(new Random(seed)), Stop));
        await Task.WhenAll(renters).WaitAsync(TimeSpan.FromMinutes(2), Stop);

        budget.Used.ShouldBe(0);
        most.ShouldBeInRange(4 * Unit, Limit);

        async Task RentManyAsync(Random random)
        {
            for (var i = 0; i < 500; i++)
            {
                var buffer = await budget.RentAsync(random.Next(4 * Unit), held: 0, Stop);
                lock (lockedMost)
                {
                    inUse += buffer.Length;
                    most = Math.Max(most, inUse);
                }

                buffer[0] = buffer[^1] = 1;
                if (random.Next(3) == 0)
                    await Task.Yield();
                lock (lockedMost)
                    inUse -= buffer.Length;
                budget.Return(buffer);
            }
        }
    }
}
