using System.Text.Json;
using Godwit.Batches;
using Godwit.Json;
using Godwit.Protocol.Rdb;

namespace Godwit.Migration;

/// <summary>
/// The file that names each entry that failed: one JSON object a line with <c>db</c>, <c>key</c>, <c>type</c>, <c>size</c>
/// (serialized bytes, null where they were never counted), <c>reason</c> and <c>source</c>; bytes as <see cref="BinaryText"/> writes them. It is created with the first failure
/// and never takes the place of an existing file: the next free number goes into the name. Safe for use from any thread.
/// </summary>
internal sealed class DeadLetters(string path, long limit) : IDisposable
{
    private readonly Lock _lock = new();
    private FileStream? _file;

    /// <summary>As many failures as the user wants to see before the run breaks off.</summary>
    public long Limit => limit;

    /// <summary>The file's path: the one that was asked for until the first failure decides.</summary>
    public string Path { get; private set; } = path;

    /// <summary>True once an entry has failed.</summary>
    public bool Any => _file is not null;

    /// <summary>Sees that there will be a file when one is needed. It leaves none behind.</summary>
    /// <exception cref="RefusedException">It cannot be created.</exception>
    public void EnsureWritable()
    {
        try
        {
            using var probe = Create(FileOptions.DeleteOnClose);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(
                $"The file for failed keys {Path} cannot be written: {exception.Message}",
                "Name another one with --errors.",
                exception
            );
        }
    }

    /// <summary>Names an entry. The line has reached the operating system when this returns.</summary>
    /// <exception cref="FileFailureException">It cannot be written.</exception>
    public void Add(EntryBatch batch, in Entry entry, string reason, string? source) =>
        Add(
            entry.Database,
            batch.Key(entry),
            TypeName(entry),
            batch.Large is null ? entry.ValueLength : null,
            reason,
            source
        );

    /// <summary>Names a key of which nothing but the name could be read: its size is null.</summary>
    /// <exception cref="FileFailureException">It cannot be written.</exception>
    public void AddUnread(int database, ReadOnlySpan<byte> key, string reason, string? source) =>
        Add(database, key, UnreadType, size: null, reason, source);

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void Add(int database, ReadOnlySpan<byte> key, string type, int? size, string reason, string? source)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteNumber("db", database);
            json.WritePropertyName("key");
            BinaryText.WriteValue(json, key);
            json.WriteString("type", type);
            json.WritePropertyName("size");
            if (size is { } bytes)
                json.WriteNumberValue(bytes);
            else
                json.WriteNullValue();
            json.WriteString("reason", reason);
            if (source is not null)
                json.WriteString("source", source);
            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        try
        {
            lock (_lock)
            {
                _file ??= Create(FileOptions.None);
                Write(_file, line.GetBuffer().AsSpan(0, (int)line.Length));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FileFailureException(
                $"A key has failed, and the file for failed keys {Path} cannot be written: {exception.Message}",
                "Make room, or name another file with --errors, and go on.",
                exception
            );
        }
    }

    // A full disk takes the beginning of a line. Another one is not to stand behind that.
    private static void Write(FileStream file, ReadOnlySpan<byte> line)
    {
        long? length = file.CanSeek ? file.Length : null;
        try
        {
            file.Write(line);
            file.Flush();
        }
        catch (IOException)
        {
            if (length is { } whole)
                file.SetLength(whole);
            throw;
        }
    }

    private static string TypeName(in Entry entry) =>
        entry.Kind switch
        {
            EntryKind.Function => FunctionType,
            EntryKind.ModuleAux => ModuleAuxType,
            _ => entry.Type.Describe(),
        };

    /// <summary>The <c>type</c> of a function library.</summary>
    internal const string FunctionType = "function";

    /// <summary>The <c>type</c> of a key that could not be read.</summary>
    internal const string UnreadType = "unknown";

    /// <summary>The <c>type</c> of a module's own data.</summary>
    internal const string ModuleAuxType = "module-aux";

    private FileStream Create(FileOptions options)
    {
        var directory = System.IO.Path.GetDirectoryName(Path);
        var stem = System.IO.Path.Combine(directory ?? "", System.IO.Path.GetFileNameWithoutExtension(Path));
        var extension = System.IO.Path.GetExtension(Path);
        for (var number = 1; ; number++)
        {
            try
            {
                if (new FileInfo(Path) is { Exists: true, Length: 0 })
                    return Open(FileMode.Open, FileOptions.None);
                return Open(FileMode.CreateNew, options);
            }
            catch (IOException) when (File.Exists(Path))
            {
                Path = $"{stem}.{number}{extension}";
            }
        }
    }

    private FileStream Open(FileMode mode, FileOptions options) =>
        new(Path, mode, FileAccess.Write, FileShare.Read, bufferSize: 1, options);
}
