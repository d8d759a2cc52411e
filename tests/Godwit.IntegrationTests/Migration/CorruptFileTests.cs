using System.Globalization;
using System.Text.RegularExpressions;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration;

/// <summary>
/// Files cut short and files with one bit wrong, through the whole program. A sample: what one byte can do to the reader is
/// for its own tests, which need no process a case.
/// </summary>
/// <remarks>A larger one of each version: <c>GODWIT_CORRUPTIONS=200 ./test CorruptFileTests</c>.</remarks>
[TakesLong]
public sealed partial class CorruptFileTests
{
    private const string Variable = "GODWIT_CORRUPTIONS";

    private static readonly int Samples = int.Parse(
        Environment.GetEnvironmentVariable(Variable) ?? "8",
        CultureInfo.InvariantCulture
    );

    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public async Task Migrate_FileCutShort_IsOneClearError(ServerVersion version)
    {
        var file = await SaveSmallAsync(version);
        var random = new Random((int)version);
        using var godwit = new GodwitProcess();
        int[] lengths = [0, 8, 9, file.Length - 9, file.Length - 8, file.Length - 1];
        int[] sampled = [.. Enumerable.Range(0, Samples / 4).Select(_ => random.Next(10, file.Length - 9))];
        foreach (var length in lengths.Concat(sampled))
        {
            var result = await RunAsync(godwit, file[..length]);

            result.ExitCode.ShouldBeOneOf([3, 4], $"cut to {length} of {file.Length} bytes: {result.Everything}");
            ShouldNameTheOffset(result, $"cut to {length} bytes");
        }
    }

    [Theory]
    [MemberData(nameof(InstalledServers.All), MemberType = typeof(InstalledServers))]
    public async Task Migrate_OneBitIsWrong_IsOneClearError(ServerVersion version)
    {
        var file = await SaveSmallAsync(version);
        var random = new Random(100 + (int)version);
        using var godwit = new GodwitProcess();
        for (var i = 0; i < Samples; i++)
        {
            var place = random.Next(file.Length);
            var bit = random.Next(8);
            var flipped = file.ToArray();
            flipped[place] ^= (byte)(1 << bit);

            var result = await RunAsync(godwit, flipped);

            // The checksum covers every byte after the magic and its version, which says whether there is a checksum.
            int[] allowed = place < 9 ? [0, 3, 4] : [3, 4];
            result.ExitCode.ShouldBeOneOf(allowed, $"bit {bit} of byte {place}: {result.Everything}");
            if (result.ExitCode != 0)
                ShouldNameTheOffset(result, $"bit {bit} of byte {place}");
        }
    }

    private static async Task<GodwitResult> RunAsync(GodwitProcess godwit, byte[] file)
    {
        await File.WriteAllBytesAsync(godwit.PathOf("corrupt.rdb"), file, TestContext.Current.CancellationToken);
        var output = godwit.PathOf("out.json");
        File.Delete(output);
        return await godwit.RunAsync("migrate", "corrupt.rdb", "json:out.json", "--json");
    }

    private static void ShouldNameTheOffset(GodwitResult result, string corruption)
    {
        var message = result.Json.GetProperty("error").GetProperty("message").GetString()!;
        ByteOffset.IsMatch(message).ShouldBeTrue($"{corruption}: no byte offset in: {message}");
        result.Keys.ShouldAddUp();
        result.Error.ShouldNotContain("   at ", Case.Sensitive, corruption);
    }

    private static async Task<byte[]> SaveSmallAsync(ServerVersion version)
    {
        await using var server = await RedisServer.StartAsync(version);
        using var client = server.Connect();
        DataSet.FillSmall(client);
        var path = await server.SaveAsync();
        return await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
    }

    [GeneratedRegex(
        @"\b(byte|offset)\D{0,12}\d+",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 60_000
    )]
    private static partial Regex ByteOffset { get; }
}
