using System.Buffers;
using System.Text;
using Godwit.Batches;
using Godwit.Protocol.Rdb;
using Godwit.Tests.Migration;

namespace Godwit.Tests.Batches;

public sealed class EntryBatchTests
{
    [Fact]
    public void Add_CopiesOfAnyNumber_AllStayReadable()
    {
        using var batch = new EntryBatch(Rented("bufferedvalue"u8), new BufferBudget(long.MaxValue));
        batch.Add(
            new Entry
            {
                KeyLength = 8,
                ValueStart = 8,
                ValueLength = 5,
            }
        );
        for (var i = 0; i < 1000; i++)
            batch.AddCopy(new Entry(), Bytes($"key:{i}"), Bytes(new string('v', i)));
        batch.Add(new Entry { ValueStart = 8, ValueLength = 5 }, "copied key"u8);

        Text(batch.Key(batch.Entries[0])).ShouldBe("buffered");
        Text(batch.Value(batch.Entries[0])).ShouldBe("value");
        for (var i = 0; i < 1000; i++)
        {
            Text(batch.Key(batch.Entries[i + 1])).ShouldBe($"key:{i}");
            batch.Value(batch.Entries[i + 1]).Length.ShouldBe(i);
        }

        Text(batch.Key(batch.Entries[1001])).ShouldBe("copied key");
        Text(batch.Value(batch.Entries[1001])).ShouldBe("value");
    }

    [Fact]
    public void SetExpiry_OneEntry_ChangesItAlone()
    {
        using var batch = new EntryBatch();
        batch.AddCopy(new Entry(), "a"u8, []);
        batch.AddCopy(new Entry(), "b"u8, []);

        batch.SetExpiry(1, 7);

        batch.Entries[0].ExpireAt.ShouldBe(Entry.None);
        batch.Entries[1].ExpireAt.ShouldBe(7);
        Text(batch.Key(batch.Entries[1])).ShouldBe("b");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ChangeValue_WhereverItLies_IsReadAndNotSignedAnyMore(bool isCopied)
    {
        using var batch = new EntryBatch(Rented("value"u8), new BufferBudget(long.MaxValue));
        if (isCopied)
            batch.AddCopy(new Entry { Signed = true }, "k"u8, "value"u8);
        else
            batch.Add(new Entry { Signed = true, ValueLength = 5 });

        batch.ChangeValue(0)[0] = (byte)'V';

        Text(batch.Value(batch.Entries[0])).ShouldBe("Value");
        Text(batch.ValueMemory(batch.Entries[0]).Span).ShouldBe("Value");
        batch.Entries[0].Signed.ShouldBeFalse();
    }

    [Fact]
    public void ReplaceValue_LongerThanTheBuffer_IsTheEntrys()
    {
        using var batch = new EntryBatch(Rented("keyvalue"u8), new BufferBudget(long.MaxValue));
        batch.Add(
            new Entry
            {
                Type = RdbType.HashListpackWithExpiries,
                Signed = true,
                ExpireAt = 7,
                KeyLength = 3,
                ValueStart = 3,
                ValueLength = 5,
            }
        );

        batch.ReplaceValue(0, RdbType.HashWithExpiries, Bytes(new string('x', 100_000)));

        var entry = batch.Entries[0];
        Text(batch.Key(entry)).ShouldBe("key");
        batch.ValueMemory(entry).Length.ShouldBe(100_000);
        batch.Value(entry).SequenceEqual(batch.ValueMemory(entry).Span).ShouldBeTrue();
        (entry.Type, entry.Signed, entry.ExpireAt).ShouldBe((RdbType.HashWithExpiries, false, 7));
    }

    [Fact]
    public void IsIntact_EveryBitFlip_IsFound()
    {
        var payload = KeyServer.StringPayload("value");
        for (var bit = 0; bit < payload.Length * 8; bit++)
        {
            var damaged = (byte[])payload.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            var (batch, entry) = Signed(damaged);
            using (batch)
                batch.IsIntact(entry).ShouldBeFalse();
        }

        var (whole, wholeEntry) = Signed(payload);
        using (whole)
            whole.IsIntact(wholeEntry).ShouldBeTrue();
    }

    [Fact]
    public void Dispose_Twice_GivesTheBufferBackOnce()
    {
        var batch = new EntryBatch(new byte[1 << 20], new BufferBudget(long.MaxValue));
        batch.AddCopy(new Entry(), "k"u8, "v"u8);
        batch.Dispose();
        batch.Dispose();

        var first = ArrayPool<byte>.Shared.Rent(1 << 20);
        var second = ArrayPool<byte>.Shared.Rent(1 << 20);
        first.ShouldNotBeSameAs(second);
    }

    [Fact]
    public async Task Part_OfSome_SharesTheBufferUntilTheLastIsDisposed()
    {
        var budget = new BufferBudget(EntryBatch.DefaultBufferSize);
        var buffer = await budget.RentAsync(64, held: 0, TestContext.Current.CancellationToken);
        "abcd"u8.CopyTo(buffer);
        var batch = new EntryBatch(buffer, budget);
        for (var i = 0; i < 4; i++)
            batch.Add(new Entry { KeyStart = i, KeyLength = 1 });
        var part = batch.Part([1, 3]);
        var partOfPart = part.Part([1]);

        batch.Dispose();
        part.Dispose();

        part.Count.ShouldBe(2);
        Text(partOfPart.Key(partOfPart.Entries[0])).ShouldBe("d");
        var waiting = budget.RentAsync(64, held: 0, TestContext.Current.CancellationToken).AsTask();
        waiting.IsCompleted.ShouldBeFalse();
        partOfPart.Dispose();
        (await waiting.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken)).ShouldBeSameAs(
            buffer
        );
    }

    [Fact]
    public async Task Hold_TwoHolders_TheSecondGivesTheBufferBack()
    {
        var budget = new BufferBudget(EntryBatch.DefaultBufferSize);
        var batch = new EntryBatch(await budget.RentAsync(64, held: 0, TestContext.Current.CancellationToken), budget);
        batch.Hold();
        batch.Dispose();
        batch.Capacity.ShouldBeGreaterThanOrEqualTo(64);
        var waiting = budget.RentAsync(64, held: 0, TestContext.Current.CancellationToken).AsTask();
        waiting.IsCompleted.ShouldBeFalse();
        batch.Dispose();
        await waiting.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Should.Throw<ObjectDisposedException>(() => batch.Capacity);
    }

    private static (EntryBatch Batch, Entry Entry) Signed(byte[] payload)
    {
        var version = payload[^10] | (payload[^9] << 8);
        var batch = new EntryBatch(Rented(payload), new BufferBudget(long.MaxValue))
        {
            Version = RdbVersion.OfPayload(version),
        };
        var entry = new Entry
        {
            Type = (RdbType)payload[0],
            Signed = true,
            ValueStart = 1,
            ValueLength = payload.Length - 1 - DumpPayload.FooterLength,
        };
        batch.Add(entry);
        return (batch, entry);
    }

    private static byte[] Rented(ReadOnlySpan<byte> content)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(content.Length);
        content.CopyTo(buffer);
        return buffer;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
