using System.Text;
using Godwit.Live.Expiry;
using Godwit.Protocol.Commands;

namespace Godwit.Tests.Live.Expiry;

public sealed class ExpiryRewriterTests
{
    private const long At = 1_800_000_000_123;

    private static readonly FieldExpirySupport Known = new() { TargetHasSetEx = true, SourceNamesWhatChanged = true };

    [Theory]
    [InlineData("PEXPIREAT k 1800000000123", "PEXPIREAT k 1001800000000123")]
    [InlineData("PEXPIREAT k 1800000000123 GT", "PEXPIREAT k 1001800000000123")]
    [InlineData("EXPIREAT k 1800000000", "EXPIREAT k 1001800000000")]
    [InlineData("SET k v PXAT 1800000000123", "SET k v PXAT 1001800000000123")]
    [InlineData("SET k PXAT PXAT 1800000000123", "SET k PXAT PXAT 1001800000000123")]
    [InlineData("set k v NX EXAT 1800000000", "set k v NX EXAT 1001800000000")]
    [InlineData("RESTORE k 1800000000123 x ABSTTL REPLACE", "RESTORE k 1001800000000123 x ABSTTL REPLACE")]
    public void Rewrite_WhileHolding_MovesTheTimeFarOff(string command, string expected)
    {
        Rewrite(command, isHolding: true, out var rewritten).ShouldBe(ExpiryVerdict.Rewritten);
        rewritten.ShouldBe(expected);
    }

    [Theory]
    [InlineData("SET k v")]
    [InlineData("SET PXAT PXAT")]
    [InlineData("RESTORE k 0 x REPLACE")]
    [InlineData("HSET k PXAT 1800000000123")]
    [InlineData("PERSIST k")]
    [InlineData("LPUSH k PXAT 5")]
    public void Rewrite_NoExpiry_GoesAsItIs(string command) =>
        Rewrite(command, isHolding: true, out _).ShouldBe(ExpiryVerdict.AsItIs);

    [Theory]
    [InlineData("EXPIRE k 10")]
    [InlineData("SETEX k 10 v")]
    [InlineData("SET k v PX 10")]
    [InlineData("RESTORE k 10 x")]
    [InlineData("HPEXPIREAT k 1800000000123 FIELDS 1 f")]
    [InlineData("HPEXPIREAT k 1800000000123 GT FIELDS 1 f")]
    [InlineData("HSETEX k PXAT 1800000000123 FIELDS 1 f v")]
    [InlineData("HGETEX k PERSIST FIELDS 1 f")]
    [InlineData("HPERSIST k FIELDS 1 f")]
    [InlineData("HPEXPIRE k 10 FIELDS 1 f")]
    [InlineData("HEXPIREAT k 1800000000 FIELDS 1 f")]
    [InlineData("HSETEX k FIELDS 1 f v")]
    [InlineData("RESTORE k 0 \u0016payload")]
    [InlineData("RESTORE k 0 \u0017payload REPLACE")]
    [InlineData("RESTORE k 0 \u0018payload REPLACE")]
    [InlineData("RESTORE k 1800000000123 \u0019payload ABSTTL")]
    [InlineData("PEXPIREAT k soon")]
    public void Rewrite_TimeThatNobodyKnows_IsReadAnew(string command) =>
        Rewrite(command, isHolding: false, out _).ShouldBe(ExpiryVerdict.Unknown);

    private const string Held = "61800000000123";

    [Theory]
    [InlineData("HSETEX k PXAT 1800000000123 FIELDS 1 f v", $"HSETEX k PXAT {Held} FIELDS 1 f v")]
    [InlineData("HSETEX k FNX PXAT 1800000000123 FIELDS 1 f v", $"HSETEX k PXAT {Held} FIELDS 1 f v")]
    [InlineData("hsetex k pxat 1800000000123 fxx fields 2 f v FIELDS 1", $"hsetex k PXAT {Held} fields 2 f v FIELDS 1")]
    [InlineData("HSETEX FIELDS EXAT 1800000000 FIELDS 1 PXAT 5", "HSETEX FIELDS PXAT 61800000000000 FIELDS 1 PXAT 5")]
    [InlineData("HSETEX k FXX KEEPTTL FIELDS 1 f v", "HSETEX k KEEPTTL FIELDS 1 f v")]
    [InlineData("HSETEX k KEEPTTL FIELDS 1 f v", null)]
    [InlineData("HSETEX k FNX FIELDS 1 f v", "HSETEX k FIELDS 1 f v")]
    [InlineData("HSETEX k FIELDS 1 f v", null)]
    [InlineData("HPEXPIREAT k 1800000000123 FIELDS 2 f g", $"HPEXPIREAT k {Held} FIELDS 2 f g")]
    [InlineData("HPEXPIREAT k 1800000000123 GT FIELDS 1 FIELDS", $"HPEXPIREAT k {Held} FIELDS 1 FIELDS")]
    [InlineData("HPEXPIREAT k 1800000000123 nx fields 1 f", $"HPEXPIREAT k {Held} fields 1 f")]
    [InlineData("HPEXPIREAT k 20000000000000 FIELDS 1 f", "HPEXPIREAT k 20000000000000 FIELDS 1 f")]
    public void Rewrite_OfFieldsWhileNothingWasReleased_MovesTheTimeFarOff(string command, string? expected)
    {
        var verdict = Rewrite(command, isHolding: true, out var rewritten, Known);

        verdict.ShouldBe(expected is null ? ExpiryVerdict.AsItIs : ExpiryVerdict.Rewritten);
        rewritten.ShouldBe(expected ?? "");
    }

    // A field may have died by itself: what builds on it does not bring it back.
    [Theory]
    [InlineData("HSETEX k PXAT 1800000000123 FIELDS 1 f v", "HSETEX k PXAT 1800000000123 FIELDS 1 f v")]
    [InlineData("HSETEX k FXX PXAT 1000 FIELDS 1 f v", "HSETEX k PXAT 60000000001000 FIELDS 1 f v")]
    [InlineData("HSETEX k KEEPTTL FIELDS 1 f v", null)]
    [InlineData("HPEXPIREAT k 1800000000123 FIELDS 1 f", null)]
    [InlineData("HPEXPIREAT k 1800000000123 LT FIELDS 1 f", null)]
    public void Rewrite_OfFieldsOnceReleased_GoesOnlyWhereItSetsAll(string command, string? expected)
    {
        var verdict = Rewrite(command, isHolding: false, out var rewritten, Known);

        verdict.ShouldBe(expected is null ? ExpiryVerdict.Unknown : ExpiryVerdict.Rewritten);
        rewritten.ShouldBe(expected ?? "");
    }

    [Theory]
    [InlineData("HPEXPIREAT k 1800000000123 FIELDS 1 f")]
    [InlineData("HSETEX k KEEPTTL FIELDS 1 f v")]
    public void Rewrite_OfFieldsHeldAgain_IsReadAnew(string command)
    {
        var hold = new ExpiryHold(TimeProvider.System) { HoldsAll = false };
        hold.HoldsAll = true;

        Rewrite(command, hold, out _, Known).ShouldBe(ExpiryVerdict.Unknown);
    }

    [Theory]
    [InlineData("HPERSIST k FIELDS 1 f")]
    [InlineData("HGETEX k PXAT 1800000000123 FIELDS 1 f")]
    [InlineData("HEXPIRE k 10 FIELDS 1 f")]
    [InlineData("HSETEX k PX 10 FIELDS 1 f v")]
    [InlineData("HSETEX k NEW PXAT 1800000000123 FIELDS 1 f v")]
    [InlineData("HSETEX k PXAT 1800000000123 FIELDS 1 f v NEW")]
    [InlineData("HSETEX k PXAT 1800000000123 FIELDS 2 f v")]
    [InlineData("HSETEX k PXAT soon FIELDS 1 f v")]
    [InlineData("HSETEX k FIELDS")]
    [InlineData("HSETEX k PXAT")]
    [InlineData("HSETEX k")]
    [InlineData("HPEXPIREAT k 1800000000123 NEW NX FIELDS 1 f")]
    [InlineData("HPEXPIREAT k soon FIELDS 1 f")]
    [InlineData("HPEXPIREAT k 1800000000123")]
    public void Rewrite_OfFieldsInAFormThatIsNotKnown_IsReadAnew(string command) =>
        Rewrite(command, isHolding: true, out _, Known).ShouldBe(ExpiryVerdict.Unknown);

    // Valkey names fields that have expired; Redis 7.4 has no HSETEX.
    [Fact]
    public void Rewrite_OfFieldsBetweenOtherServers_IsReadAnew()
    {
        const string expire = "HPEXPIREAT k 1800000000123 FIELDS 1 f";
        const string set = "HSETEX k PXAT 1800000000123 FIELDS 1 f v";
        Rewrite(expire, isHolding: true, out _, Known with { SourceNamesWhatChanged = false })
            .ShouldBe(ExpiryVerdict.Unknown);
        Rewrite(expire, isHolding: true, out _, Known with { TargetHasThem = false }).ShouldBe(ExpiryVerdict.Unknown);
        Rewrite(set, isHolding: true, out _, Known with { TargetHasSetEx = false }).ShouldBe(ExpiryVerdict.Unknown);
    }

    [Fact]
    public void Rewrite_NotHolding_KeepsTheTimeAndDropsTheCondition()
    {
        Rewrite("PEXPIREAT k 1800000000123", isHolding: false, out _).ShouldBe(ExpiryVerdict.AsItIs);
        Rewrite("PEXPIREAT k 1800000000123 NX", isHolding: false, out var rewritten).ShouldBe(ExpiryVerdict.Rewritten);
        rewritten.ShouldBe("PEXPIREAT k 1800000000123");
    }

    [Theory]
    [InlineData(At)]
    [InlineData(0)]
    [InlineData(253_402_300_799_000)]
    public void Release_OfWhatWasHeld_IsTheSame(long expireAt)
    {
        var hold = new ExpiryHold(TimeProvider.System);
        var held = hold.Apply(expireAt);
        ExpiryHold.IsHeld(expireAt).ShouldBeFalse();
        ExpiryHold.IsHeld(held).ShouldBeTrue();
        ExpiryHold.Release(held).ShouldBe(expireAt);
        hold.Apply(held).ShouldBe(held, "it is held already");
    }

    private static ExpiryVerdict Rewrite(
        string command,
        bool isHolding,
        out string rewritten,
        FieldExpirySupport? support = null
    ) => Rewrite(command, new ExpiryHold(TimeProvider.System) { HoldsAll = isHolding }, out rewritten, support);

    private static ExpiryVerdict Rewrite(
        string command,
        ExpiryHold hold,
        out string rewritten,
        FieldExpirySupport? support = null
    )
    {
        var (buffer, ranges) = (new List<byte>(), new List<ArgumentRange>());
        foreach (var word in command.Split(' '))
        {
            ranges.Add(new ArgumentRange(buffer.Count, word.Length));
            buffer.AddRange(Encoding.UTF8.GetBytes(word));
        }

        hold.Fields.Support = support ?? new FieldExpirySupport();
        var name = command.Split(' ')[0].ToUpperInvariant();
        var verdict = new ExpiryRewriter(hold).Rewrite(
            name,
            new CommandArguments(buffer.ToArray(), ranges.ToArray()),
            out var bytes
        );
        var lines = Encoding.UTF8.GetString(bytes).Split("\r\n");
        rewritten = string.Join(' ', lines.Where((_, index) => index > 0 && index % 2 == 0).Where(x => x.Length > 0));
        return verdict;
    }
}
