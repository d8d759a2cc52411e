using System.IO.Enumeration;
using Godwit.Endpoints;
using Godwit.Migration;
using Godwit.Protocol.Rdb;

namespace Godwit.Sources.Rdb;

/// <summary>Finds and opens the files that a user's path means.</summary>
internal static class RdbFiles
{
    // The magic and the version: REDIS0011, VALKEY080.
    private const int HeaderLength = 9;

    /// <summary>A file, and which of the endpoint's paths names it.</summary>
    public readonly record struct Found(string Path, int Named);

    /// <summary>The files of each path, in the order of the paths.</summary>
    /// <exception cref="RefusedException">A path has none, or a file was found twice.</exception>
    public static IReadOnlyList<Found> Find(RdbFileEndpoint endpoint)
    {
        var found = new List<Found>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < endpoint.Paths.Count; i++)
        {
            foreach (var path in Find(endpoint.Paths[i]))
            {
                if (!seen.Add(path == RdbFileEndpoint.StandardInput ? path : Path.GetFullPath(path)))
                {
                    throw new RefusedException(
                        $"{Name(path)} stands twice among the sources, so each of its keys would come twice",
                        "Name each file once: by its path, by its directory or by a glob."
                    );
                }

                found.Add(new Found(path, i));
            }
        }

        return found;
    }

    /// <summary>The same files, in the same order, each by a path of its own.</summary>
    /// <exception cref="RefusedException">A path has none, or a file was found twice.</exception>
    public static RdbFileEndpoint Apart(RdbFileEndpoint endpoint) =>
        new([.. Find(endpoint).Select(found => found.Path)]);

    // In the order of their names: of a directory, those that end in .rdb.
    private static string[] Find(string path)
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

    /// <summary>Looks at a file's beginning. What can be read only once, such as a pipe, is left alone.</summary>
    /// <exception cref="RefusedException">It cannot be read.</exception>
    /// <exception cref="RdbFormatException">It is no RDB file, or of a version that is not known.</exception>
    public static async Task CheckHeaderAsync(string path, CancellationToken cancellationToken)
    {
        // A pipe or a device has no length.
        if (path == RdbFileEndpoint.StandardInput || new FileInfo(path).Length == 0)
            return;

        var header = new byte[HeaderLength];
        int count;
        try
        {
            var stream = Open(path);
            await using var closing = stream.ConfigureAwait(false);
            count = await stream
                .ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw Unreadable(path, exception);
        }

        using var reader = new RdbReader();
        var position = 0;
        try
        {
            if (!reader.TryRead(header.AsSpan(0, count), ref position, out _))
                throw reader.Truncated(count);
        }
        catch (RdbFormatException exception)
        {
            throw Named(exception, path);
        }
    }

    /// <summary>A file's name for people.</summary>
    public static string Name(string path) => path == RdbFileEndpoint.StandardInput ? "standard input" : path;

    /// <summary>The same error with the name of the file that it was found in.</summary>
    public static RdbFormatException Named(RdbFormatException exception, string path) =>
        new($"{Name(path)}: {exception.What}", exception.Offset, exception.WhatToDo);

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
