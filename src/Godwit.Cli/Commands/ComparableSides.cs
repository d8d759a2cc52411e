using Godwit.Cli.Usage;
using Godwit.Endpoints;

namespace Godwit.Cli.Commands;

/// <summary>What can be compared with what.</summary>
internal static class ComparableSides
{
    /// <summary>Adds an error where these sides cannot be compared.</summary>
    // Several RDB files are one source. A file has its own order, and so no other source beside it.
    public static void Check(IReadOnlyList<Endpoint> sources, Endpoint target, List<UsageError> errors)
    {
        var files = SourceEndpoints.Combine(sources);
        if (files.Count > 1 && (files.Any(source => source is RdbFileEndpoint) || target is RdbFileEndpoint))
        {
            errors.Add(
                new UsageError(
                    "Files are compared with one server, or with files; these are several sources.",
                    "Run it once for each source."
                )
            );
        }
        else if (files[0] is DynomiteEndpoint && target is RdbFileEndpoint)
        {
            errors.Add(new UsageError("A Dynomite cluster is compared with a server, and the target is a file."));
        }

        if (target is DynomiteEndpoint)
            errors.Add(new UsageError("A Dynomite cluster can be read, and be no target."));
        foreach (var _ in sources.Append(target).OfType<RdbFileEndpoint>().Where(file => file.IsStandardInput))
        {
            errors.Add(
                new UsageError(
                    "Standard input can be read only once, and a comparison reads a file more than once.",
                    "Save it as a file, and name that."
                )
            );
        }
    }
}
