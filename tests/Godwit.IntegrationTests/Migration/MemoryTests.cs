using System.Buffers.Binary;
using System.Diagnostics;
using Godwit.IntegrationTests.Running;

namespace Godwit.IntegrationTests.Migration;

/// <summary>What the program holds does not grow with the data, nor with the largest value.</summary>
public sealed class MemoryTests
{
    private const int Strings = 20;
    private const int StringLength = 10_000_000;

    // As bench/run asks it of a data set of such values.
    private const long MostMemory = 320_000_000;

    [Fact]
    public async Task Migrate_LongStringsToJson_HoldsFewOfThem()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The peak of a process's memory is read from /proc.");
        using var godwit = new GodwitProcess();
        var file = godwit.PathOf("long.rdb");
        await WriteFileAsync(file);
        var peak = 0L;

        var result = await godwit.RunAsync(
            async process => peak = await PeakAsync(process),
            "migrate",
            file,
            "json:/dev/null",
            "--json"
        );

        result.ShouldHaveEnded(0);
        result.Keys.Written.ShouldBe(Strings);
        peak.ShouldBeInRange(10_000_000, MostMemory);
    }

    // Bytes that are no text, so that they become Base64.
    private static async Task WriteFileAsync(string path)
    {
        var value = new byte[StringLength];
        new Random(10).NextBytes(value);
        value[0] = 0xFF;
        var length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, StringLength);
        await using var file = File.Create(path);
        await file.WriteAsync("REDIS0011"u8.ToArray(), TestContext.Current.CancellationToken);
        for (var i = 0; i < Strings; i++)
        {
            // Type 0 is a string; a key of one byte; a length of 32 bits.
            byte[] head = [0, 1, (byte)('a' + i), 0x80, .. length];
            await file.WriteAsync(head, TestContext.Current.CancellationToken);
            await file.WriteAsync(value, TestContext.Current.CancellationToken);
        }

        // The end, and no checksum.
        byte[] end = [0xFF, .. new byte[sizeof(ulong)]];
        await file.WriteAsync(end, TestContext.Current.CancellationToken);
    }

    private static async Task<long> PeakAsync(Process process)
    {
        var peak = 0L;
        while (!process.HasExited)
        {
            peak = Math.Max(peak, ProcessMemory.Peak(process.Id));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TestContext.Current.CancellationToken);
        }

        return peak;
    }
}
