using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Data;

/// <summary>A data set as files, made once and kept in the workspace.</summary>
/// <param name="Rdb">As the server has saved it.</param>
/// <param name="Commands">As RESTORE commands, for <c>redis-cli --pipe</c>; there only if it was asked for.</param>
internal sealed record DataFiles(string Rdb, string Commands)
{
    // Part of the files' names: another recipe, another file.
    private const int Recipe = 1;

    /// <summary>Makes what is not there yet.</summary>
    public static async Task<DataFiles> PrepareAsync(
        DataSet data,
        ServerProgram program,
        bool withCommands,
        WorkDirectories directories,
        Action<string> say,
        CancellationToken cancellationToken
    )
    {
        var stem = Path.Combine(Repository.Workspace, $"{data.Name}-{data.Size}-{program.Name}-v{Recipe}");
        var files = new DataFiles(stem + ".rdb", stem + ".resp");
        Directory.CreateDirectory(Repository.Workspace);
        if (!File.Exists(files.Rdb))
        {
            say($"making {data.Name}: {data.Description}");
            await SaveAsync(data, program, files.Rdb, directories, cancellationToken);
        }

        if (withCommands && !File.Exists(files.Commands))
        {
            say($"making the RESTORE commands of {data.Name}");
            await RestoreCommands.WriteAsync(files.Rdb, files.Commands + ".new", cancellationToken);
            File.Move(files.Commands + ".new", files.Commands);
        }

        return files;
    }

    private static async Task SaveAsync(
        DataSet data,
        ServerProgram program,
        string rdb,
        WorkDirectories directories,
        CancellationToken cancellationToken
    )
    {
        await using var server = await Server.StartAsync(program, rdbFile: null, directories, cancellationToken);
        await CommandPipeline.FillAsync(server.Port, data, cancellationToken);
        using (var connection = await server.ConnectAsync(cancellationToken))
            await connection.AskAsync(["SAVE"], cancellationToken);
        File.Move(server.SnapshotFile, rdb);
    }
}
