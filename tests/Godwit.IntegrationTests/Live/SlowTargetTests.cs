using System.Diagnostics;
using System.Globalization;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using Godwit.IntegrationTests.Servers.Faults;

namespace Godwit.IntegrationTests.Live;

/// <summary>A target that takes a tenth of what the source sends: what it does not take goes to disk, not into memory.</summary>
/// <remarks>For two minutes: <c>GODWIT_SLOW_TARGET_SECONDS=120 ./test SlowTargetTests</c>.</remarks>
[TakesLong]
public sealed class SlowTargetTests
{
    private const string Variable = "GODWIT_SLOW_TARGET_SECONDS";
    private const int DefaultSeconds = 15;

    private const int BytesPerSecond = 12_000_000;
    private const int Slower = 10;
    private const int Keys = 5_000;
    private const int ValueLength = 200;
    private const int Pipeline = 250;

    // Now and then one that is larger than the buffers that changes travel in.
    private const int LargeKeys = 4;
    private const int LargeLength = 2_000_000;
    private const int LargeEvery = 20_000_000;

    private const long MaxMemory = 64 * 1024 * 1024;
    private const long Allowance = 100_000_000;

    // A run on two slow cores may not get as many bytes out; what the target is given follows what was measured.
    private const int LeastSpooled = 4;

    [Fact]
    public async Task Follow_TargetTakesATenth_MemoryStaysWithinItsBoundAndAllArrives()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The peak of a process's memory is read from /proc.");
        var seconds = int.Parse(
            Environment.GetEnvironmentVariable(Variable) ?? DefaultSeconds.ToString(CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture
        );
        await using var source = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var target = await RedisServer.StartAsync(ServerVersion.Redis70);
        await using var proxy = new FaultProxy(target.Port);
        using var writer = source.Connect();
        using var reader = target.Connect();
        await using var program = new FollowingProgram(
            source.Uri,
            string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{proxy.Port}"),
            "--max-memory",
            MaxMemory.ToString(CultureInfo.InvariantCulture)
        );
        program.Start();
        await program.FollowAsync(reader);

        proxy.Limit(Direction.ToServer, BytesPerSecond / Slower);
        var before = proxy.BytesPassed(Direction.ToServer);
        var written = await WriteAsync(writer, TimeSpan.FromSeconds(seconds));
        var taken = proxy.BytesPassed(Direction.ToServer) - before;
        var peak = ProcessMemory.Peak(program.Process!.Id);
        program.Note($"{written} bytes written, {taken} taken, {peak} at most in memory");
        TestContext.Current.SendDiagnosticMessage(program.Log);

        written.ShouldBeGreaterThan(taken * LeastSpooled, program.Log);
        peak.ShouldBeInRange(10_000_000, MaxMemory + Allowance, program.Log);

        proxy.Limit(Direction.ToServer, null);
        await program.CaughtUpAsync();
        ProcessMemory.Peak(program.Process!.Id).ShouldBeInRange(10_000_000, MaxMemory + Allowance, program.Log);
        program.Runs.ShouldBe(1, program.Log);
        await program.CatchUpAsync();
        var differences = ServerComparison.Compare(
            ServerStateReader.Read(writer),
            ServerStateReader.Read(reader),
            LiveComparison.Options(ServerFeatures.Ask(reader))
        );
        LiveComparison.ShouldBeNone(differences, program.Log);
    }

    // In bytes, without the words around the values.
    private static async Task<long> WriteAsync(RespClient writer, TimeSpan time)
    {
        var random = new Random(1);
        var value = new byte[ValueLength];
        var large = new byte[LargeLength];
        var (written, larges) = (0L, 0);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < time)
        {
            var commands = new List<object[]>(Pipeline);
            for (var i = 0; i < Pipeline; i++)
            {
                random.NextBytes(value);
                commands.Add(["SET", $"key:{random.Next(Keys)}", value.Clone()]);
            }

            written += Pipeline * ValueLength;
            if (written / LargeEvery > larges)
            {
                random.NextBytes(large);
                commands.Add(["SET", $"large:{larges++ % LargeKeys}", large]);
                written += LargeLength;
            }

            writer.Pipeline(commands);
            if (written > BytesPerSecond * clock.Elapsed.TotalSeconds)
                await Task.Delay(TimeSpan.FromMilliseconds(5), TestContext.Current.CancellationToken);
        }

        return written;
    }
}
