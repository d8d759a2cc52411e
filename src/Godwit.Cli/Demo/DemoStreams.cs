using System.Globalization;
using Godwit.Protocol.Resp;

namespace Godwit.Cli.Demo;

/// <summary>Streams as they look in use: entries deleted, groups at several places, consumers that owe acknowledgements.</summary>
internal sealed class DemoStreams(int count, ServerFeatures features)
{
    private const int Entries = 40;
    private const long FirstMillisecond = 1_726_000_000_000;

    public IEnumerable<RespArgument[]> Commands() => Enumerable.Range(0, count).SelectMany(Stream);

    private IEnumerable<RespArgument[]> Stream(int number)
    {
        var key = $"telemetry:{number}";
        for (var i = 0; i < Entries; i++)
            yield return ["XADD", key, Id(i), "lat", -i, "note", i % 5 == 0 ? "tailwind" : ""];
        if (number % 2 == 1)
            yield break;

        yield return ["XGROUP", "CREATE", key, "rangers", "0"];
        yield return ["XGROUP", "CREATE", key, "latecomers", "$"];
        yield return ["XREADGROUP", "GROUP", "rangers", "ana", "COUNT", 8, "STREAMS", key, ">"];
        yield return ["XREADGROUP", "GROUP", "rangers", "tui", "COUNT", 8, "STREAMS", key, ">"];
        yield return ["XACK", key, "rangers", Id(0), Id(3), Id(9)];
        yield return ["XCLAIM", key, "rangers", "tui", 0, Id(1), "TIME", FirstMillisecond, "RETRYCOUNT", 4, "JUSTID"];
        // Pending for ana, and gone from the stream.
        yield return ["XDEL", key, Id(4), Id(Entries - 1)];
        if (features.Since70)
            yield return ["XGROUP", "CREATECONSUMER", key, "rangers", "kea"];
    }

    private static string Id(int entry) =>
        string.Create(CultureInfo.InvariantCulture, $"{FirstMillisecond + (entry * 60_000L)}-{entry % 3}");
}
