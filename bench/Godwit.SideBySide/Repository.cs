namespace Godwit.SideBySide;

/// <summary>Where things lie in a checkout.</summary>
internal static class Repository
{
    /// <summary>The checkout that this program was built in.</summary>
    public static string Root { get; } = Find();

    /// <summary>Data sets and everything else that can be made again.</summary>
    public static string Workspace => Path.Combine(Root, "artifacts", "bench");

    /// <summary>The results that are committed.</summary>
    public static string Results => Path.Combine(Root, "bench", "RESULTS.md");

    /// <summary>What people have to say about the results; it is put at their end.</summary>
    public static string Notes => Path.Combine(Root, "bench", "NOTES.md");

    private static string Find()
    {
        for (var directory = AppContext.BaseDirectory; directory is not null; )
        {
            if (File.Exists(Path.Combine(directory, "Godwit.slnx")))
                return directory;
            directory = Path.GetDirectoryName(directory);
        }

        throw new DirectoryNotFoundException($"No directory above {AppContext.BaseDirectory} holds Godwit.slnx.");
    }
}
