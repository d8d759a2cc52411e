using Godwit.Migration;

namespace Godwit.Verification.Differences;

/// <summary>
/// The keys that differ, in the order in which they were found: so many bytes of them in memory, the others in a temporary
/// file, which goes with this object.
/// </summary>
/// <param name="limit">Bytes that may be in memory.</param>
internal sealed class SuspectList(long limit) : IDisposable
{
    // What a key takes beyond its name and its line.
    private const int Overhead = 256;

    private const long LeastOfGroup = 1024 * 1024;

    private readonly List<Suspect> _inMemory = [];
    private readonly HashSet<(DatabasePair, byte[])> _known = new(new KeyComparer());
    private FileStream? _file;
    private BinaryWriter? _writer;
    private long _bytes;

    /// <summary>How many there are.</summary>
    public long Count { get; private set; }

    /// <summary>Adds one. A key that SCAN gives twice is kept once, as long as there is room to remember it.</summary>
    /// <exception cref="FileFailureException">The temporary file cannot be written.</exception>
    /// <returns>False if it was there already.</returns>
    public bool Add(Suspect suspect)
    {
        if (_known.Contains((suspect.Databases, suspect.Key)))
            return false;

        Count++;
        var size = SizeOf(suspect);
        if (_bytes + size <= limit)
        {
            _bytes += size;
            _inMemory.Add(suspect);
            _known.Add((suspect.Databases, suspect.Key));
            return true;
        }

        try
        {
            Write(_writer ??= Open(), suspect);
            return true;
        }
        catch (IOException exception)
        {
            throw new FileFailureException(
                $"More keys differ than can be held in memory, and the temporary file for the others cannot be written: {exception.Message}",
                "Make room in the directory for temporary files (TMPDIR), or raise --max-memory.",
                exception
            );
        }
    }

    /// <summary>All of them, in groups of one database each that take no more bytes than may be in memory.</summary>
    /// <param name="most">Keys of a group.</param>
    public IEnumerable<IReadOnlyList<Suspect>> Groups(int most) => Portions(most, _ => true, areOfOneDatabase: true);

    /// <summary>Some of them, of whatever databases, no more at once than may be in memory.</summary>
    /// <param name="most">Keys of a portion.</param>
    /// <param name="isWanted">Which.</param>
    public IEnumerable<IReadOnlyList<Suspect>> Portions(int most, Predicate<Suspect> isWanted) =>
        Portions(most, isWanted, areOfOneDatabase: false);

    private IEnumerable<IReadOnlyList<Suspect>> Portions(int most, Predicate<Suspect> isWanted, bool areOfOneDatabase)
    {
        var group = new List<Suspect>();
        long bytes = 0;
        foreach (var suspect in All())
        {
            if (!isWanted(suspect))
                continue;

            var isFull =
                group.Count == most
                || bytes + SizeOf(suspect) > Math.Max(limit, LeastOfGroup)
                || (areOfOneDatabase && group.Count > 0 && group[0].Databases != suspect.Databases);
            if (isFull && group.Count > 0)
            {
                yield return group;
                group = [];
                bytes = 0;
            }

            group.Add(suspect);
            bytes += SizeOf(suspect);
        }

        if (group.Count > 0)
            yield return group;
    }

    /// <summary>All of them.</summary>
    public IEnumerable<Suspect> All()
    {
        foreach (var suspect in _inMemory)
            yield return suspect;
        if (_file is null)
            yield break;

        _writer!.Flush();
        _file.Position = 0;
        using var reader = new BinaryReader(_file, System.Text.Encoding.UTF8, leaveOpen: true);
        for (var i = _inMemory.Count; i < Count; i++)
            yield return Read(reader);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer?.Dispose();
        _file?.Dispose();
    }

    private static long SizeOf(Suspect suspect) => Overhead + suspect.Key.Length + suspect.Line.Length;

    private BinaryWriter Open()
    {
        _file = PrivateFile.Create(FileOptions.DeleteOnClose);
        return new BinaryWriter(_file, System.Text.Encoding.UTF8, leaveOpen: true);
    }

    private static void Write(BinaryWriter writer, Suspect suspect)
    {
        writer.Write(suspect.Databases.Source);
        writer.Write(suspect.Databases.Target);
        writer.Write(suspect.Key.Length);
        writer.Write(suspect.Key);
        writer.Write((byte)suspect.Kind);
        writer.Write(suspect.Fingerprint);
        writer.Write(suspect.Line.Length);
        writer.Write(suspect.Line);
        writer.Write(suspect.HasMoved);
        writer.Write(suspect.IsOfTarget);
    }

    private static Suspect Read(BinaryReader reader) =>
        new(
            new DatabasePair(reader.ReadInt32(), reader.ReadInt32()),
            reader.ReadBytes(reader.ReadInt32()),
            (DifferenceKind)reader.ReadByte(),
            reader.ReadUInt64(),
            reader.ReadBytes(reader.ReadInt32())
        )
        {
            HasMoved = reader.ReadBoolean(),
            IsOfTarget = reader.ReadBoolean(),
        };

    private sealed class KeyComparer : IEqualityComparer<(DatabasePair Databases, byte[] Key)>
    {
        public bool Equals((DatabasePair Databases, byte[] Key) x, (DatabasePair Databases, byte[] Key) y) =>
            x.Databases == y.Databases && x.Key.AsSpan().SequenceEqual(y.Key);

        public int GetHashCode((DatabasePair Databases, byte[] Key) obj)
        {
            var hash = new HashCode();
            hash.Add(obj.Databases);
            hash.AddBytes(obj.Key);
            return hash.ToHashCode();
        }
    }
}
