namespace Godwit.IntegrationTests.Servers;

/// <summary>Which servers there are to test with, and where <c>eng/servers</c> put them.</summary>
public static class InstalledServers
{
    private static readonly string Root = FindRepository();

    /// <summary>All versions, as the rows of a theory.</summary>
    public static TheoryData<ServerVersion> All => [.. Enum.GetValues<ServerVersion>()];

    /// <summary>Every source version with every target version, as the rows of a theory.</summary>
    public static TheoryData<ServerVersion, ServerVersion> Pairs
    {
        get
        {
            var pairs = new TheoryData<ServerVersion, ServerVersion>();
            foreach (var source in Enum.GetValues<ServerVersion>())
            {
                foreach (var target in Enum.GetValues<ServerVersion>())
                {
                    pairs.Add(source, target);
                }
            }

            return pairs;
        }
    }

    /// <summary>The name that <c>eng/servers</c> knows a version by.</summary>
    public static string NameOf(ServerVersion version) =>
        version switch
        {
            ServerVersion.Redis60 => "redis-6.0",
            ServerVersion.Redis70 => "redis-7.0",
            ServerVersion.Redis80 => "redis-8.0",
            ServerVersion.Valkey81 => "valkey-8.1",
            ServerVersion.Valkey91 => "valkey-9.1",
            _ => throw new ArgumentOutOfRangeException(nameof(version), version, "There is no such server."),
        };

    /// <summary>The program that starts a version; the running test is skipped, with the reason, where it is not here.</summary>
    public static string ProgramOf(ServerVersion version)
    {
        var name = NameOf(version);
        var program = Path.Combine(Root, "artifacts", "servers", name, "run");
        Assert.SkipUnless(File.Exists(program), $"{name} is not here. Fetch it with: eng/servers {name}");
        return program;
    }

    private static string FindRepository()
    {
        for (
            var directory = AppContext.BaseDirectory;
            directory is not null;
            directory = Path.GetDirectoryName(directory)
        )
        {
            if (File.Exists(Path.Combine(directory, "Godwit.slnx")))
            {
                return directory;
            }
        }

        throw new DirectoryNotFoundException($"No directory above {AppContext.BaseDirectory} holds Godwit.slnx.");
    }
}
