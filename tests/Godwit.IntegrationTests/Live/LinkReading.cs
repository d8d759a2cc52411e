using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Godwit.Batches;
using Godwit.IntegrationTests.Running;
using Godwit.Live.Changes;
using Godwit.Live.Links;
using Godwit.Migration.Throttle;
using Godwit.Protocol.Commands;
using Godwit.Sources;
using Godwit.Sources.Rdb;

namespace Godwit.IntegrationTests.Live;

/// <summary>Reads what a link takes in: the snapshot, then the numbers of a <see cref="NumberWriter"/> in the stream.</summary>
internal sealed class LinkReading(LinkGeneration generation) : IDisposable
{
    private readonly BufferBudget _budget = new(64 * 1024 * 1024);
    private readonly List<long> _numbers = [];
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(
        TestContext.Current.CancellationToken
    );

    private Task? _reading;
    private long _endOffset;
    private bool _inGroup;

    /// <summary>The number that stood in the snapshot; 0 if none did.</summary>
    public long SnapshotNumber { get; private set; }

    /// <summary>The database that is selected where the stream begins.</summary>
    public int StreamDatabase { get; private set; }

    /// <summary>Keys of the snapshot.</summary>
    public int SnapshotKeys { get; private set; }

    /// <summary>The numbers in the stream, in its order.</summary>
    public IReadOnlyList<long> Numbers => _numbers;

    /// <summary>Changes that are none of the numbers, as their database and words.</summary>
    public List<string> Others { get; } = [];

    public async Task ReadSnapshotAsync()
    {
        using var reader = new SnapshotReader(
            generation.ReadSnapshotAsync,
            new EntryChoice(database: null, retry: null),
            limits: null,
            _budget,
            SourcePace.Unlimited
        );
        await foreach (var batch in reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            using (batch)
            {
                foreach (ref readonly var entry in batch.Entries)
                {
                    SnapshotKeys++;
                    if (batch.Key(entry).SequenceEqual(Encoding.ASCII.GetBytes(NumberWriter.Key)))
                        SnapshotNumber = Number(batch.Value(entry));
                }
            }
        }

        StreamDatabase = reader.StreamDatabase;
    }

    /// <summary>Begins to read the stream.</summary>
    public void StartChanges() => _reading = ReadChangesAsync();

    /// <summary>Ends the reading once the stream's offset is reached. Then what was read can be looked at.</summary>
    public async Task EndChangesAsync(long offset)
    {
        if (_reading is null)
            StartChanges();
        await Wait.UntilAsync(
            () => _reading!.IsCompleted || Volatile.Read(ref _endOffset) >= offset,
            "the stream is read"
        );
        await _stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(_reading!);
        _endOffset.ShouldBeGreaterThanOrEqualTo(offset);
    }

    public void Dispose() => _stop.Dispose();

    private async Task ReadChangesAsync()
    {
        using var reader = new ChangeReader(generation, generation.StartOffset, StreamDatabase, _budget);
        await foreach (var batch in reader.ReadAsync(_stop.Token))
        {
            using (batch)
                Take(batch);
            generation.Bytes.Release(batch.EndOffset - generation.StartOffset);
            Volatile.Write(ref _endOffset, batch.EndOffset);
        }
    }

    // A number of up to 32 bits is not written as text in a snapshot.
    private static long Number(ReadOnlySpan<byte> value) =>
        value[0] switch
        {
            0xc0 => (sbyte)value[1],
            0xc1 => BinaryPrimitives.ReadInt16LittleEndian(value[1..]),
            0xc2 => BinaryPrimitives.ReadInt32LittleEndian(value[1..]),
            _ => throw new InvalidDataException("This is no number."),
        };

    private void Take(ChangeBatch batch)
    {
        foreach (ref readonly var change in batch.Changes)
        {
            var arguments = batch.Arguments(change);
            if (change.Command == CommandTable.Multi || change.Command == CommandTable.Exec)
            {
                _inGroup.ShouldBe(change.Command == CommandTable.Exec);
                _inGroup = !_inGroup;
            }
            else if (arguments.Is(0, "SET"u8) && arguments.Is(1, Encoding.ASCII.GetBytes(NumberWriter.Key)))
            {
                var number = long.Parse(arguments[2], CultureInfo.InvariantCulture);
                (number % 10 == 0).ShouldBe(_inGroup);
                _numbers.Add(number);
            }
            else
            {
                var words = new List<string>();
                for (var i = 0; i < arguments.Count && i < 2; i++)
                    words.Add(Encoding.Latin1.GetString(arguments[i]));
                Others.Add($"{change.Database} {string.Join(' ', words)}");
            }
        }
    }
}
