using System.Text;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.Migration;

namespace Godwit.IntegrationTests.Migration;

/// <summary>The whole data set with nearly every value in pieces: equal element by element, and no trace of the pieces.</summary>
public sealed class PiecewiseCopyTests(Fleet fleet)
{
    [Theory]
    [InlineData(ServerVersion.Redis60, ServerVersion.Redis60)]
    [InlineData(ServerVersion.Redis70, ServerVersion.Redis70)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Valkey91)]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis60)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Valkey81)]
    [InlineData(ServerVersion.Redis60, ServerVersion.Valkey91)]
    public async Task Copy_EveryValueInPieces_ArrivesEqual(ServerVersion from, ServerVersion to)
    {
        using var source = await fleet.BorrowSourceAsync(from);
        using var target = await fleet.BorrowTargetAsync(to);
        var loss = ExpectedLoss.Between(source.Lent.State, target.Lent.Features);
        using var copy = new PiecewiseCopy(source.Lent.RdbFile, target.Lent.Uri)
        {
            AllowLoss = Losses.FieldExpiries | Losses.Functions | Losses.Idle,
        };

        var counts = await copy.RunAsync();

        copy.InPieces.ShouldBeGreaterThan(source.Lent.State.Keys.Count / 2);
        var unnameable = copy.Failed().ToDictionary(key => key.KeyName, key => key.Reason);
        unnameable.Values.ShouldAllBe(reason => reason.Contains("pending in this stream", StringComparison.Ordinal));
        counts.Written.ShouldBe(source.Lent.State.Keys.Count - unnameable.Count);
        counts.Failed.ShouldBe(unnameable.Count);
        target.Lent.CountKeys().ShouldBe(counts.Written);
        ServerComparison.ShouldBeEqual(
            source.Lent.State,
            target.Lent.ReadState(),
            loss.Accepted with
            {
                IgnoreSignOfZero = true,
                Missing = unnameable.Keys.ToHashSet(),
            }
        );
    }

    [Theory]
    [InlineData(OnExisting.Fail)]
    [InlineData(OnExisting.Skip)]
    [InlineData(OnExisting.Replace)]
    internal async Task Copy_KeysAreThere_GetWhatWasChosen(OnExisting onExisting)
    {
        using var source = await fleet.BorrowSourceAsync(ServerVersion.Redis70);
        using var target = await fleet.BorrowTargetAsync(ServerVersion.Redis70);
        var total = source.Lent.State.Keys.Count;
        var keys = source.Lent.State.Keys.Keys.ToArray();
        foreach (var database in keys.GroupBy(key => key.Database))
        {
            target.Lent.Client.Call("SELECT", database.Key);
            target.Lent.Client.Pipeline(
                database.Select(key => new object[] { "SET", Encoding.Latin1.GetBytes(key.Name), "theirs" })
            );
        }

        target.Lent.Client.Call("SELECT", 0);
        var before = target.Lent.ReadState();
        using var copy = new PiecewiseCopy(source.Lent.RdbFile, target.Lent.Uri)
        {
            OnExisting = onExisting,
            AllowLoss = Losses.Idle,
        };

        var counts = await copy.RunAsync();

        var failed = copy.Failed().Select(key => key.KeyName).ToHashSet();
        counts.Read.ShouldBe(total);
        target.Lent.CountKeys().ShouldBe(total);
        switch (onExisting)
        {
            case OnExisting.Fail:
                failed.ShouldBe(keys, ignoreOrder: true);
                ServerComparison.ShouldBeEqual(before, target.Lent.ReadState(), new() { IgnoreFunctions = true });
                break;
            case OnExisting.Skip:
                counts.Skipped.ShouldBe(total);
                ServerComparison.ShouldBeEqual(before, target.Lent.ReadState(), new() { IgnoreFunctions = true });
                break;
            default:
                counts.Written.ShouldBe(total - failed.Count);
                var after = target.Lent.ReadState();
                foreach (var (name, state) in source.Lent.State.Keys.Where(key => !failed.Contains(key.Key)))
                    after.Keys[name].Type.ShouldBe(state.Type, name.ToString());
                break;
        }
    }
}
