using System.Buffers;
using System.Globalization;
using Godwit.Protocol.Resp;

namespace Godwit.SideBySide.Data;

/// <summary>Keys of all types in small and large encodings, over four databases, a third of them with an expiry.</summary>
internal sealed class MixedData(long keys) : DataSet
{
    private const ulong Seed = 4;

    // Fixed, so that the data set is the same each time; and so far away that nothing expires in a run. In milliseconds.
    private static readonly long FirstExpiry = new DateTimeOffset(
        2100,
        1,
        1,
        0,
        0,
        0,
        TimeSpan.Zero
    ).ToUnixTimeMilliseconds();
    private static readonly TimeSpan ExpirySpread = TimeSpan.FromDays(3650);

    // Where each database begins, as a share of all keys.
    private static readonly double[] Databases = [0, 0.4, 0.7, 0.9, 1];

    public override string Name => DataNames.Mixed;

    public override string Size => keys.ToString(CultureInfo.InvariantCulture);

    public override string Description =>
        $"{Grouped(keys)} keys of all types in four databases, a third with an expiry, a few with thousands of elements";

    public override IEnumerable<int> Fill(IBufferWriter<byte> output)
    {
        var random = new SeededRandom(Seed);
        var values = new MixedValues(output, random);
        for (var database = 0; database + 1 < Databases.Length; database++)
        {
            new RespWriter(output).WriteCommand("SELECT", database);
            yield return 1;
            var end = (long)Math.Round(keys * Databases[database + 1]);
            for (var i = (long)Math.Round(keys * Databases[database]); i < end; i++)
            {
                var key = values.NewKey(i);
                var commands = values.Write(key);
                if (random.Between(1, 3) == 1)
                {
                    var expiry = FirstExpiry + (long)(random.Fraction() * ExpirySpread.TotalMilliseconds);
                    new RespWriter(output).WriteCommand("PEXPIREAT", key, expiry);
                    commands++;
                }

                yield return commands;
            }
        }
    }
}
