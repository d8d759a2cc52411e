using System.Globalization;
using Godwit.Protocol.Rdb;
using static Godwit.Protocol.Tests.Rdb.FieldExpiryPayloads;

namespace Godwit.Protocol.Tests.Rdb;

public sealed class FieldExpiryShiftTests
{
    private const long By = 60_000_000_000_000;
    private const long BeforeFar = 10_000_000_000_000;

    public static TheoryData<string> Payloads => Names;

    [Theory]
    [MemberData(nameof(Payloads))]
    public void Apply_ServersPayload_MovesWhatExpiresBefore(string name)
    {
        var (type, version, value) = Of(name);
        var meant = Decode(type, version, value);
        meant["soon"].ShouldBe(("1", Soon));
        meant["late"].ShouldBe(("text", Late));
        meant["7"].ShouldBe(("-70000", Late));
        meant["none"].ShouldBe(("x", IValueSink.NoExpiry));
        meant["far"].ShouldBe(("y", name.Contains("far", StringComparison.Ordinal) ? Far : IValueSink.NoExpiry));

        var moved = Apply(type, version, value, BeforeFar, out var count);

        count.ShouldBe(3);
        foreach (var field in (string[])["soon", "late", "7"])
            meant[field] = (meant[field].Text, meant[field].ExpireAt + By);
        moved.ShouldBe(meant, ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public void Apply_OfOneField_LeavesTheOthers(string name)
    {
        var (type, version, value) = Of(name);
        var meant = Decode(type, version, value);

        var moved = Apply(type, version, value, before: Soon + 1, out var count);

        count.ShouldBe(1);
        moved["soon"].ShouldBe(("1", Soon + By));
        moved
            .Where(field => field.Key != "soon")
            .ShouldBe(meant.Where(field => field.Key != "soon"), ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public void Apply_NothingExpiresBefore_LeavesTheBytes(string name)
    {
        var (type, version, value) = Of(name);
        var bytes = (byte[])value.Clone();
        using var shift = new FieldExpiryShift();

        shift.Apply(type, version, bytes, before: Soon, By).ShouldBe(0);

        bytes.ShouldBe(value);
        shift.Rewritten.Length.ShouldBe(0);
    }

    [Theory]
    [InlineData("Redis, table")]
    [InlineData("Redis, table, compressed")]
    public void Apply_TableOfWhichAllMove_ChangesOnlyTheEarliest(string name)
    {
        var (type, version, value) = Of(name);
        var bytes = (byte[])value.Clone();
        using var shift = new FieldExpiryShift();

        shift.Apply(type, version, bytes, BeforeFar, By).ShouldBe(3);

        shift.Rewritten.Length.ShouldBe(0);
        bytes[sizeof(long)..].ShouldBe(value[sizeof(long)..]);
        BitConverter.ToInt64(bytes).ShouldBe(Soon + By);
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public void Apply_Truncated_IsAFormatError(string name)
    {
        var (type, version, value) = Of(name);
        using var shift = new FieldExpiryShift();
        for (var length = 0; length < value.Length; length++)
        {
            var bytes = value[..length];
            Should.Throw<RdbFormatException>(() => shift.Apply(type, version, bytes, BeforeFar, By));
        }
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public void Apply_Mutated_EndsInAValueOrInAFormatError(string name)
    {
        var (type, version, value) = Of(name);
        var random = new Random(name.Length);
        using var shift = new FieldExpiryShift();
        for (var round = 0; round < 400; round++)
        {
            var bytes = MutationTests.Mutate(value, random);
            MutationTests.Try(() => shift.Apply(type, version, bytes, BeforeFar, By));
        }
    }

    [Theory]
    [InlineData(RdbType.HashWithExpiries, 12)]
    [InlineData(RdbType.HashWithExpiries22, 80)]
    public void Apply_HostileCount_IsAFormatError(RdbType type, int version)
    {
        var value = new RdbBytes();
        if (type == RdbType.HashWithExpiries)
            value.Int64(Soon);
        byte[] bytes = value.Length(ulong.MaxValue);
        using var shift = new FieldExpiryShift();

        Should.Throw<RdbFormatException>(() => shift.Apply(type, RdbVersion.OfPayload(version), bytes, BeforeFar, By));
    }

    [Fact]
    public void Apply_OneValueAfterTheOther_KeepsNothing()
    {
        using var shift = new FieldExpiryShift();
        foreach (
            var name in (string[])["Redis, packed", "Redis, table", "Redis, table, far", "Valkey", "Redis, packed"]
        )
        {
            var (type, version, value) = Of(name);
            shift.Apply(type, version, value, BeforeFar, By).ShouldBe(3);
            shift.Rewritten.IsEmpty.ShouldBe(name is "Redis, table" or "Valkey");
        }
    }

    private static Dictionary<string, (string Text, long ExpireAt)> Apply(
        RdbType type,
        RdbVersion version,
        byte[] value,
        long before,
        out int count
    )
    {
        using var shift = new FieldExpiryShift();
        count = shift.Apply(type, version, value, before, By);
        return shift.Rewritten.IsEmpty
            ? Decode(type, version, value)
            : Decode(FieldExpiryShift.RewrittenType, version, shift.Rewritten.ToArray());
    }

    private static Dictionary<string, (string Text, long ExpireAt)> Decode(
        RdbType type,
        RdbVersion version,
        byte[] value
    )
    {
        using var decoder = new ValueDecoder();
        var sink = new RecordingSink();
        decoder.Decode(type, version, value, sink);
        return sink
            .Lines.Select(line => line.Trim().Split(' '))
            .ToDictionary(
                words => words[0],
                words => (words[1], long.Parse(words[2], CultureInfo.InvariantCulture)),
                StringComparer.Ordinal
            );
    }
}
