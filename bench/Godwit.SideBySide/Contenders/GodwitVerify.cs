using Godwit.SideBySide.Measuring;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Contenders;

/// <summary>Godwit, comparing the source with a server that has loaded the same file.</summary>
internal sealed class GodwitVerify : IContender
{
    public string Name => ContenderNames.GodwitVerify;

    public async Task<Figures> RunAsync(Setting setting, CancellationToken cancellationToken)
    {
        await using var target = await Server.StartAsync(
            setting.Program,
            setting.Files.Rdb,
            setting.Directories,
            cancellationToken
        );
        setting.Source.ResetPeakMemory();
        target.ResetPeakMemory();
        var sourceBefore = await setting.Source.CpuAsync(cancellationToken);
        var targetBefore = await target.CpuAsync(cancellationToken);

        var figures = await GodwitProcess.VerifyAsync(setting, target.Uri, cancellationToken);

        return figures with
        {
            Source = new Usage(
                await setting.Source.CpuAsync(cancellationToken) - sourceBefore,
                setting.Source.PeakMemory
            ),
            Target = new Usage(await target.CpuAsync(cancellationToken) - targetBefore, target.PeakMemory),
        };
    }
}
