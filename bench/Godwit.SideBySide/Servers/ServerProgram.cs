namespace Godwit.SideBySide.Servers;

/// <summary>A server that <c>eng/servers</c> has fetched.</summary>
/// <param name="Name">As it is called there, such as <c>redis-7.0</c>.</param>
internal sealed record ServerProgram(string Name)
{
    /// <summary>Starts the server.</summary>
    public string Run => Path.Combine(Directory, "run");

    /// <summary>Its command line client.</summary>
    public string Cli => Path.Combine(Directory, "cli");

    private string Directory => Path.Combine(Repository.Root, "artifacts", "servers", Name);

    /// <summary>The server of that name.</summary>
    /// <exception cref="BenchException">It is not here.</exception>
    public static ServerProgram Find(string name)
    {
        var program = new ServerProgram(name);
        return File.Exists(program.Run) && File.Exists(program.Cli)
            ? program
            : throw new BenchException($"The server {name} is not here. Fetch it with: eng/servers {name}");
    }
}
