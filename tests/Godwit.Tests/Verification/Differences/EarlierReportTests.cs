using Godwit.Tests.Migration;
using Godwit.Verification.Differences;

namespace Godwit.Tests.Verification.Differences;

public sealed class EarlierReportTests : IDisposable
{
    private readonly MigrationRig _rig = new();

    public void Dispose() => _rig.Dispose();

    // As a run leaves it that was killed, or whose disk was full.
    [Fact]
    public async Task Read_LastLineIsCutOff_HasAllOthersAndSaysSo()
    {
        var stop = TestContext.Current.CancellationToken;
        await File.WriteAllTextAsync(
            _rig.ErrorsFile,
            "{\"kind\":\"value\",\"db\":0,\"key\":\"k\"}\n{\"kind\":\"value\",\"db\":0,\"ke",
            stop
        );

        var keys = await EarlierReport.ReadAsync(_rig.ErrorsFile, _rig, stop).ToListAsync(stop);

        keys.Count.ShouldBe(1);
        _rig.Log.ShouldHaveSingleItem().ShouldStartWith("Line 2 of");
    }
}
