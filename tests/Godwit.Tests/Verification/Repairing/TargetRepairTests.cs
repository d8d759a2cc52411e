using System.Text;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol;
using Godwit.Tests.Migration;
using Godwit.Verification;
using Godwit.Verification.Differences;
using Godwit.Verification.Keyspaces;
using Godwit.Verification.Pairs;
using Godwit.Verification.Repairing;

namespace Godwit.Tests.Verification.Repairing;

public sealed class TargetRepairTests : IDisposable
{
    private readonly MigrationRig _rig = new();

    public void Dispose() => _rig.Dispose();

    // Names of keys are not to lie about.
    [Fact]
    public async Task Repair_OriginsAreNotFound_LeavesNoListBehind()
    {
        var name = Guid.NewGuid().ToString("N");
        var options = new VerificationOptions
        {
            Sources = [new RdbFileEndpoint("a.rdb")],
            Target = new RdbFileEndpoint("b.rdb"),
        };
        var sides = new LostSides();
        await using var closing = sides;
        var repair = new TargetRepair(options, sides, running: null, _rig, TimeProvider.System);
        using var suspects = new SuspectList(limit: 1_000_000);
        foreach (var database in new[] { 0, 1 })
        {
            var databases = new DatabasePair(database, database);
            suspects.Add(new Suspect(databases, Encoding.ASCII.GetBytes(name), DifferenceKind.Missing, 0, []));
        }

        await Should.ThrowAsync<LostException>(() =>
            repair.RepairAsync(suspects, suspect => suspect.Kind, TestContext.Current.CancellationToken)
        );

        Left(name).ShouldBeEmpty();
    }

    private static IEnumerable<string> Left(string name)
    {
        foreach (var path in Directory.EnumerateFiles(Path.GetTempPath(), "godwit-*"))
        {
            string text;
            try
            {
                text = File.ReadAllText(path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Another test's, and gone.
                continue;
            }

            if (text.Contains(name, StringComparison.Ordinal))
                yield return path;
        }
    }

    private sealed class LostException() : GodwitException("the source is lost");

    // The second database's keys cannot be asked for.
    private sealed class LostSides : SidePair
    {
        public override IReadOnlyList<SourceReport> Sources => [];

        public override SourceReport Target => throw new NotSupportedException();

        public override KeyspaceView? TargetView => null;

        public override long BytesRead => 0;

        public override long? ExpectedKeys => null;

        public override bool MayChange => false;

        public override int MostSuspects => 1;

        public override ValueTask<string?[]> OriginsAsync(
            IReadOnlyList<Suspect> suspects,
            CancellationToken cancellationToken
        ) =>
            suspects[0].Databases.Source == 0
                ? base.OriginsAsync(suspects, cancellationToken)
                : throw new LostException();

        public override Task CompareAllAsync(IVerdicts verdicts, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public override Task CompareAsync(
            IReadOnlyList<Suspect> suspects,
            IVerdicts verdicts,
            CancellationToken cancellationToken
        ) => throw new NotSupportedException();

        public override Task<bool> WatchAsync(IReadOnlyList<Suspect> suspects, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public override Task<bool> EndWatchAsync(DatabasePair databases, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public override Task<IReadOnlyDictionary<string, byte[]>> SourceFunctionsAsync(
            CancellationToken cancellationToken
        ) => throw new NotSupportedException();

        public override Task<IReadOnlyDictionary<string, byte[]>> TargetFunctionsAsync(
            CancellationToken cancellationToken
        ) => throw new NotSupportedException();

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
