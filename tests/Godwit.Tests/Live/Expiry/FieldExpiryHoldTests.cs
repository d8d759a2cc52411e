using Godwit.Batches;
using Godwit.Live.Expiry;
using Godwit.Protocol.Rdb;

namespace Godwit.Tests.Live.Expiry;

public sealed class FieldExpiryHoldTests
{
    private const long Shift = FieldExpiryHold.Shift;

    // What Redis 8.0 gave of a packed hash by DUMP: soon at this time, late and 7 a day later, none and far without.
    private const long Soon = 2_000_000_000_123;
    private const long Late = Soon + 86_400_000;
    private const string Packed =
        "197b204aa9d1010000c3404e40551f550000000f0084736f6f6e050101f47b204aa9d1010000090701f290eefe04f4037b7c70ae60100b846c"
        + "61746505847465787405e00215106e6f6e6505817802000183666172048179200900ff0c0041e09dc74ed3b078";

    // The same of Valkey 9.1.
    private const string Valkey =
        "160504736f6f6ec0017b204aa9d1010000046c61746504746578747b7c70aed1010000c007c290eefeff7b7c70aed1010000046e6f6e650178"
        + "ffffffffffffffff036661720179ffffffffffffffff500017d67dd36aabceda";

    private readonly Clock _clock = new();
    private readonly ExpiryHold _hold;

    public FieldExpiryHoldTests() => _hold = new ExpiryHold(_clock);

    [Theory]
    [InlineData(Packed, RdbType.HashWithExpiries)]
    [InlineData(Valkey, RdbType.HashWithExpiries22)]
    public void Apply_WhileAllIsHeld_MovesEveryField(string payload, RdbType type)
    {
        using var batch = Batch(payload);

        _hold.Apply(batch);

        batch.Entries[0].Type.ShouldBe(type);
        batch.Entries[0].Signed.ShouldBeFalse();
        Fields(batch)
            .ShouldBe(
                [
                    $"soon 1 {Soon + Shift}",
                    $"late text {Late + Shift}",
                    $"7 -70000 {Late + Shift}",
                    "none x -1",
                    "far y -1",
                ],
                ignoreOrder: true
            );
        _hold.HeldBack.ShouldBe(3);
        _hold.Fields.MayBeHeld.ShouldBeTrue();
    }

    [Theory]
    [InlineData(Packed)]
    [InlineData(Valkey)]
    public void Apply_WhileOnlyTheNearIsHeld_LeavesTheOthers(string payload)
    {
        _clock.Now = Soon - (long)ExpiryHold.Near.TotalMilliseconds;
        _hold.HoldsAll = false;
        using (var notYet = Batch(payload))
        {
            _hold.Apply(notYet);
            Fields(notYet).ShouldContain($"soon 1 {Soon}", StringComparer.Ordinal);
        }

        _hold.Fields.MayBeHeld.ShouldBeFalse();
        _clock.Now++;
        using var batch = Batch(payload);
        _hold.Apply(batch);
        Fields(batch).ShouldContain($"soon 1 {Soon + Shift}", StringComparer.Ordinal);
        Fields(batch).ShouldContain($"late text {Late}", StringComparer.Ordinal);
        _hold.HeldBack.ShouldBe(1);
    }

    [Theory]
    [InlineData(Packed)]
    [InlineData(Valkey)]
    public void Apply_DamagedOnItsWay_StaysAsItCame(string payload)
    {
        var bytes = Convert.FromHexString(payload);
        bytes[^12] ^= 1;
        using var batch = Batch(Convert.ToHexString(bytes));
        var before = batch.Entries[0];
        var value = batch.Value(before).ToArray();

        _hold.Apply(batch);

        batch.Entries[0].ShouldBe(before);
        batch.Value(before).ToArray().ShouldBe(value);
        batch.IsIntact(before).ShouldBeFalse();
        _hold.HeldBack.ShouldBe(0);
    }

    [Fact]
    public void Apply_Malformed_IsLeftToTheTarget()
    {
        byte[] value = [1, 1, (byte)'f', 1, (byte)'v', 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        using var batch = new EntryBatch { Version = new RdbVersion(RdbFamily.Valkey, RdbVersion.FirstValkey) };
        batch.AddCopy(new Entry { Type = RdbType.HashWithExpiries22 }, "k"u8, value);

        _hold.Apply(batch);

        batch.Value(batch.Entries[0]).ToArray().ShouldBe(value);
        _hold.HeldBack.ShouldBe(0);
    }

    [Fact]
    public async Task Apply_InPieces_MovesThemAsTheyCome()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var large = new LargeValue(piecesAreWhole: true);
        using var batch = new EntryBatch
        {
            Version = new RdbVersion(RdbFamily.Valkey, RdbVersion.FirstValkey),
            Large = large,
        };
        batch.AddCopy(new Entry { Type = RdbType.HashWithExpiries22 }, "k"u8, []);
        _hold.Apply(batch);
        var sink = new FieldSink();
        using (var whole = Batch(Valkey))
            await large.AddAsync(ValuePiece.CopyOf(whole.Value(whole.Entries[0])), cancellationToken);
        large.End();

        await large.DecodeAsync(
            RdbType.HashWithExpiries22,
            batch.Version,
            sink,
            () => ValueTask.FromResult(true),
            cancellationToken
        );

        sink.Lines.ShouldContain($"soon 1 {Soon + Shift}", StringComparer.Ordinal);
        sink.Lines.ShouldContain("none x -1", StringComparer.Ordinal);
        _hold.HeldBack.ShouldBe(3);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Soon)]
    [InlineData(9_999_999_999_999)]
    public void Release_OfWhatWasHeld_IsTheSame(long expireAt)
    {
        var held = _hold.Fields.Apply(expireAt);

        FieldExpiryHold.IsHeld(expireAt).ShouldBeFalse();
        FieldExpiryHold.IsHeld(held).ShouldBeTrue();
        FieldExpiryHold.Release(held).ShouldBe(expireAt);
        _hold.Fields.Apply(held).ShouldBe(held, "it is held already");

        // The last that Redis takes by HPEXPIREAT.
        held.ShouldBeLessThan(1L << 46);
    }

    [Theory]
    [InlineData(10_000_000_000_000)]
    [InlineData((1L << 46) - 1)]
    [InlineData(long.MaxValue)]
    [InlineData(IValueSink.NoExpiry)]
    public void Apply_SoFarOffOrNever_IsNotHeld(long expireAt)
    {
        _hold.Fields.Apply(expireAt).ShouldBe(expireAt);
        FieldExpiryHold.IsHeld(expireAt).ShouldBeFalse();
    }

    [Fact]
    public void MayBeHeld_TargetWithoutFieldExpiry_IsNever()
    {
        _hold.Fields.Support = new FieldExpirySupport { TargetHasThem = false };
        _hold.Fields.Apply(Soon);

        _hold.Fields.MayBeHeld.ShouldBeFalse();
    }

    private static EntryBatch Batch(string payload)
    {
        var bytes = Convert.FromHexString(payload);
        var batch = new EntryBatch([.. bytes], new BufferBudget(long.MaxValue))
        {
            Version = RdbVersion.OfPayload(bytes[^10] | (bytes[^9] << 8)),
        };
        batch.Add(
            new Entry
            {
                Type = (RdbType)bytes[0],
                Signed = true,
                ValueStart = 1,
                ValueLength = bytes.Length - 1 - DumpPayload.FooterLength,
            }
        );
        return batch;
    }

    private static List<string> Fields(EntryBatch batch)
    {
        using var decoder = new ValueDecoder();
        var sink = new FieldSink();
        decoder.Decode(batch.Entries[0].Type, batch.Version, batch.Value(batch.Entries[0]), sink);
        return sink.Lines;
    }

    private sealed class Clock : TimeProvider
    {
        public long Now { get; set; }

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Now);
    }
}
