using Godwit.Configuration;

namespace Godwit.Endpoints;

/// <summary>What stands before the target on one command line.</summary>
internal static class SourceEndpoints
{
    /// <summary>Makes one source of them: RDB files are read one after another, in their order.</summary>
    /// <param name="sources">One or more.</param>
    /// <exception cref="ConfigurationException">There are several, and one of them is no RDB file.</exception>
    public static Endpoint Combine(IReadOnlyList<Endpoint> sources)
    {
        if (sources.Count == 1)
            return sources[0];

        var files = sources.OfType<RdbFileEndpoint>().ToList();
        return files.Count == sources.Count
            ? new RdbFileEndpoint([.. files.SelectMany(file => file.Paths)])
            : throw new ConfigurationException(
                $"{sources.Count} sources stand before the target, and not all of them are RDB files.",
                "This version takes one server, or any number of RDB files. Run it once for each server."
            );
    }
}
