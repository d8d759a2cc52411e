using System.Globalization;
using Godwit.Endpoints;
using Godwit.Migration.Checks;
using Godwit.Protocol;
using Godwit.Sources.Rdb;

namespace Godwit.Planning;

/// <summary>Looks at a source of RDB files: that each is there and begins as one does. What is in them is not read.</summary>
internal sealed class FileExamination(RdbFileEndpoint source)
{
    /// <summary>What was found.</summary>
    public IReadOnlyList<Finding> Findings { get; private set; } = [];

    /// <summary>Looks.</summary>
    public async Task<SourcePlan> RunAsync(CancellationToken cancellationToken)
    {
        var end = new EndPlan { Uri = source.ToString(), Topology = "files" };
        try
        {
            var files = RdbFiles.Find(source);
            long bytes = 0;
            foreach (var (path, _) in files)
            {
                await RdbFiles.CheckHeaderAsync(path, cancellationToken).ConfigureAwait(false);
                if (path != RdbFileEndpoint.StandardInput)
                    bytes += new FileInfo(path).Length;
            }

            Findings =
            [
                Finding.Ok(
                    CheckNames.Read,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{(files.Count == 1 ? "The RDB file begins" : $"All {files.Count} RDB files begin")} as it should; what is in there is not looked at"
                    )
                ),
            ];
            return new SourcePlan { End = end with { DataBytes = bytes }, ReadBy = "rdb" };
        }
        catch (GodwitException exception)
        {
            Findings = [PlanJob.Failure(CheckNames.Read, exception)];
            return new SourcePlan { End = end };
        }
    }
}
