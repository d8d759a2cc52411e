using System.Text.Json;
using Godwit.Batches;
using Godwit.Json;
using Godwit.Protocol.Rdb;

namespace Godwit.Migration;

/// <summary>
/// The file that names each entry that failed: one JSON object a line with <c>db</c>, <c>key</c>, <c>type</c>, <c>size</c>
/// (serialized bytes) and <c>reason</c>; bytes as <see cref="BinaryText"/> writes them. It is created with the first failure
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

    /// <summary>Names an entry. The line has reached the operating system when this returns.</summary>
    public void Add(EntryBatch batch, in Entry entry, string reason)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteNumber("db", entry.Database);
            json.WritePropertyName("key");
            BinaryText.WriteValue(json, batch.Key(entry));
            json.WriteString("type", TypeName(entry));
            json.WriteNumber("size", entry.ValueLength);
            json.WriteString("reason", reason);
            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        lock (_lock)
        {
            _file ??= Create();
            _file.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
            _file.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private static string TypeName(in Entry entry) =>
        entry.Kind switch
        {
            EntryKind.Function => FunctionType,
            EntryKind.ModuleAux => ModuleAuxType,
            _ => entry.Type.Describe(),
        };

    /// <summary>The <c>type</c> of a function library.</summary>
    internal const string FunctionType = "function";

    /// <summary>The <c>type</c> of a module's own data.</summary>
    internal const string ModuleAuxType = "module-aux";

    private FileStream Create()
    {
        var directory = System.IO.Path.GetDirectoryName(Path);
        var stem = System.IO.Path.Combine(directory ?? "", System.IO.Path.GetFileNameWithoutExtension(Path));
        var extension = System.IO.Path.GetExtension(Path);
        for (var number = 1; ; number++)
        {
            try
            {
                if (new FileInfo(Path) is { Exists: true, Length: 0 })
                    return Open(FileMode.Open);
                return Open(FileMode.CreateNew);
            }
            catch (IOException) when (File.Exists(Path))
            {
                Path = $"{stem}.{number}{extension}";
            }
        }
    }

    private FileStream Open(FileMode mode) => new(Path, mode, FileAccess.Write, FileShare.Read, bufferSize: 1);
}
