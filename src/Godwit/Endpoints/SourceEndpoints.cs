namespace Godwit.Endpoints;

/// <summary>What stands before the target on one command line.</summary>
internal static class SourceEndpoints
{
    /// <summary>Makes one source of all RDB files, which are read one after another in their order; servers stay as they are.</summary>
    /// <param name="sources">One or more.</param>
    public static IReadOnlyList<Endpoint> Combine(IReadOnlyList<Endpoint> sources)
    {
        var files = sources.OfType<RdbFileEndpoint>().ToList();
        if (files.Count < 2)
            return sources;

        var all = new RdbFileEndpoint([.. files.SelectMany(file => file.Paths)]);
        return
        [
            .. sources
                .Where(source => source is not RdbFileEndpoint || ReferenceEquals(source, files[0]))
                .Select(source => ReferenceEquals(source, files[0]) ? all : source),
        ];
    }
}
