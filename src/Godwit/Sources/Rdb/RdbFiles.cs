using System.IO.Enumeration;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Sources.Rdb;

/// <summary>Finds and opens the files that a user's path means.</summary>
internal static class RdbFiles
{
    /// <summary>The files in the order of their names: of a directory, those that end in <c>.rdb</c>.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public static IReadOnlyList<string> Find(string path)
    {
        if (path == RdbFileEndpoint.StandardInput || File.Exists(path))
            return [path];

        try
        {
            if (Directory.Exists(path))
            {
                return NotEmpty(
                    Directory.EnumerateFiles(path, "*.rdb"),
                    $"The directory {path} holds no file that ends in .rdb"
                );
            }

            if (path.AsSpan().ContainsAny("*?"))
                return NotEmpty(Glob(path), $"No file matches {path}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, exception);
        }

        throw new RefusedException(
            $"There is no file {path}",
            "Name an RDB file, a directory of them, a glob, or - for standard input."
        );
    }

    /// <summary>Opens one of them.</summary>
    /// <exception cref="RefusedException">It cannot be read.</exception>
    public static Stream Open(string path)
    {
        if (path == RdbFileEndpoint.StandardInput)
            return Console.OpenStandardInput();

        try
        {
            // The reader's own buffer is the only one.
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, exception);
        }
    }

    private static IEnumerable<string> Glob(string pattern)
    {
        var directory = Path.GetDirectoryName(pattern);
        var name = Path.GetFileName(pattern);
        if (directory.AsSpan().ContainsAny("*?"))
        {
            throw new RefusedException(
                $"The glob {pattern} has a wildcard in a directory's name",
                "Wildcards may stand in the last part of the path; let the shell expand the others."
            );
        }

        return Directory
            .EnumerateFiles(directory is null or "" ? "." : directory)
            .Where(file => FileSystemName.MatchesSimpleExpression(name, Path.GetFileName(file), ignoreCase: false));
    }

    private static string[] NotEmpty(IEnumerable<string> files, string message)
    {
        var found = files.Order(StringComparer.Ordinal).ToArray();
        return found.Length > 0
            ? found
            : throw new RefusedException(
                message,
                "Name an RDB file, a directory of them, a glob, or - for standard input."
            );
    }

    private static RefusedException Unreadable(string path, Exception exception) =>
        new($"{path} cannot be read: {exception.Message}", "Check that it exists and that you may read it.", exception);
}
