using System.Globalization;
using System.Text;
using Godwit.Protocol.Resp;
using Godwit.SideBySide.Data;

namespace Godwit.SideBySide.Following;

/// <summary>Pipelined <c>SET</c>: the cheapest command that there is, so that what is around it counts most.</summary>
internal sealed class SetLoad : ChangeLoad
{
    private const int Keys = 100_000;
    private const int ValueLength = 100;

    private readonly SeededRandom _random = new(11);

    public override string Name => "SET";

    public override string Description =>
        $"Pipelined `SET` of {ValueLength} random letters, {Keys.ToString("#,0", CultureInfo.InvariantCulture)} keys";

    public override double Goal => 0.8;

    protected override int Write(RespWriter writer, int room)
    {
        Span<byte> value = stackalloc byte[ValueLength];
        _random.FillText(value);
        writer.WriteArrayHeader(3);
        writer.WriteBulk("SET"u8);
        writer.WriteBulk(Encoding.ASCII.GetBytes($"key:{_random.Between(1, Keys):d7}"));
        writer.WriteBulk(value);
        return 1;
    }
}
