namespace Godwit.Cli.Demo;

/// <summary>What the demo runs on.</summary>
/// <param name="Pair">Two servers; null where none can be had.</param>
/// <param name="Why">Where they come from, or why there are none; a part of a sentence.</param>
internal sealed record ServerChoice(ServerPair? Pair, string Why);

/// <summary>Finds servers: on PATH, else in the checkout, where they are fetched if need be.</summary>
/// <param name="path">The environment's PATH; null for none.</param>
/// <param name="checkout">Null where the program was installed.</param>
/// <param name="progress">Takes what is to be said while servers are fetched.</param>
internal sealed class ServerSearch(string? path, Checkout? checkout, TextWriter progress)
{
    private const string NoneOnPath = "PATH has no redis-server or valkey-server";

    private static readonly string[] Names = ["redis-server", "valkey-server"];

    /// <summary>Searches.</summary>
    public async Task<ServerChoice> ChooseAsync(CancellationToken cancellationToken)
    {
        // Servers are started by a Unix shell.
        if (OperatingSystem.IsWindows())
            return new ServerChoice(null, "servers are not started on Windows");
        if (ServerPair.Choose(await AskAsync(OnPath(), cancellationToken).ConfigureAwait(false)) is { } found)
            return new ServerChoice(found, "PATH");
        if (checkout is null)
            return new ServerChoice(null, $"{NoneOnPath}, and there is no checkout to fetch one with");

        string? problem = null;
        if (!checkout.HasWanted)
        {
            await progress
                .WriteLineAsync(
                    $"Fetching {string.Join(" and ", Checkout.Wanted)} with eng/servers, this once. It takes about 20 s."
                )
                .ConfigureAwait(false);
            problem = await checkout.FetchAsync(progress, cancellationToken).ConfigureAwait(false);
            await progress.WriteLineAsync().ConfigureAwait(false);
        }

        var programs = await AskAsync(checkout.Programs(), cancellationToken).ConfigureAwait(false);
        return ServerPair.Choose(programs) is { } pair
            ? new ServerChoice(pair, $"artifacts/servers ({NoneOnPath})")
            : new ServerChoice(
                null,
                $"{NoneOnPath}, and eng/servers gave none ({problem ?? "what it fetched does not run"})"
            );
    }

    /// <summary>The first file of each name on PATH, as a shell finds it.</summary>
    private IEnumerable<string> OnPath()
    {
        var directories = (path ?? "").Split(Path.PathSeparator).Where(Path.IsPathRooted).ToList();
        return Names
            .Select(name => directories.Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists))
            .OfType<string>();
    }

    private static async Task<IReadOnlyList<ServerProgram>> AskAsync(
        IEnumerable<string> paths,
        CancellationToken cancellationToken
    )
    {
        var answers = await Task.WhenAll(paths.Select(file => ServerProgram.AskAsync(file, cancellationToken)))
            .ConfigureAwait(false);
        return [.. answers.OfType<ServerProgram>()];
    }
}
