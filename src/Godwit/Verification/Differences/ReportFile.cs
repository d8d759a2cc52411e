using Godwit.Migration;

namespace Godwit.Verification.Differences;

/// <summary>The file that has a line for each difference. It never takes the place of a file that is not empty.</summary>
internal sealed class ReportFile : IDisposable
{
    private readonly FileStream _file;

    private ReportFile(FileStream file) => _file = file;

    /// <summary>Creates it.</summary>
    /// <exception cref="RefusedException">It cannot be written, or holds something.</exception>
    public static ReportFile Create(string path)
    {
        try
        {
            var isFree = !File.Exists(path) || new FileInfo(path).Length == 0;
            if (!isFree)
            {
                throw new RefusedException(
                    $"The report {path} exists already, and would be lost",
                    "Name another file with --report, or delete that one."
                );
            }

            return new ReportFile(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(
                $"The report {path} cannot be written: {exception.Message}",
                "Name another file with --report.",
                exception
            );
        }
    }

    /// <summary>Writes a line.</summary>
    /// <param name="kind">What is said first.</param>
    /// <param name="rest">What stands behind.</param>
    /// <exception cref="FileFailureException">It cannot be written.</exception>
    public void Write(DifferenceKind kind, ReadOnlySpan<byte> rest)
    {
        try
        {
            DifferenceLine.Write(_file, kind, rest);
        }
        catch (IOException exception)
        {
            throw Failure(exception);
        }
    }

    /// <summary>Sees that every line has reached the operating system.</summary>
    /// <exception cref="FileFailureException">It cannot be written.</exception>
    public void Flush()
    {
        try
        {
            _file.Flush();
        }
        catch (IOException exception)
        {
            throw Failure(exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private FileFailureException Failure(IOException exception) =>
        new(
            $"The report {_file.Name} cannot be written any further: {exception.Message}",
            "Make room, or name another file with --report.",
            exception
        );
}
