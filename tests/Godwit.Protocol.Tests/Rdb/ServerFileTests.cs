using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

/// <summary>What is read of the files in <c>Data</c> is what the servers that saved them said of their keys.</summary>
public sealed class ServerFileTests
{
    public static TheoryData<string, RdbFamily, int> Files =>
        new()
        {
            { "redis-6.0", RdbFamily.Redis, 9 },
            { "redis-7.0", RdbFamily.Redis, 10 },
            { "redis-8.0", RdbFamily.Redis, 12 },
            { "valkey-8.1", RdbFamily.Redis, 11 },
            { "valkey-9.1", RdbFamily.Valkey, 80 },
        };

    [Theory]
    [MemberData(nameof(Files))]
    public void TryRead_FileOfAServer_GivesWhatTheServerSaid(string name, RdbFamily family, int version)
    {
        var file = Load(name + ".rdb");
        using var reader = new RdbReader();
        using var decoder = new ValueDecoder();
        var entries = new List<(int Database, byte[] Key, string Text)>();
        var position = 0;
        while (!reader.Ended)
        {
            reader.TryRead(file, ref position, out var item).ShouldBeTrue();
            if (item.Kind != RdbItemKind.Entry)
                continue;
            var sink = new RecordingSink();
            decoder.Decode(item.Type, reader.Version, item.Value(file), sink);
            var head = $"{item.Database} {RecordingSink.Escape(item.Key(file))} {sink.Kind} {item.ExpireAt}";
            entries.Add((item.Database, item.Key(file).ToArray(), string.Join('\n', sink.Lines.Prepend(head))));
        }

        reader.Version.ShouldBe(new RdbVersion(family, version));
        entries.Sort(
            (a, b) => a.Database != b.Database ? a.Database - b.Database : a.Key.AsSpan().SequenceCompareTo(b.Key)
        );
        var text = string.Concat(entries.Select(entry => entry.Text + "\n"));
        text.ShouldBe(System.Text.Encoding.ASCII.GetString(Load(name + ".txt")));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void TryRead_FileOfAServerInSteps_GivesTheSameItems(string name, RdbFamily family, int version)
    {
        var file = Load(name + ".rdb");
        var expected = RdbFile.ReadWhole(file);

        foreach (var step in new[] { 1, 7, 64, 1000 })
            RdbFile.ReadInSteps(file, () => step).ShouldBe(expected);

        new RdbVersion(family, version).ToString().ShouldEndWith($"RDB version {version}");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void DecodeInSteps_ValuesOfAServer_GivesTheSameElements(string name, RdbFamily family, int version)
    {
        var file = Load(name + ".rdb");
        using var reader = new RdbReader();
        using var decoder = new ValueDecoder();
        var position = 0;
        while (!reader.Ended)
        {
            reader.TryRead(file, ref position, out var item).ShouldBeTrue();
            if (item.Kind != RdbItemKind.Entry)
                continue;

            var sample = new SampleValue(name, item.Type, item.Value(file).ToArray())
            {
                Version = new RdbVersion(family, version),
            };
            var whole = new RecordingSink();
            decoder.Decode(sample.Type, sample.Version, sample.Bytes, whole);
            var steps = new RecordingSink();
            ValueDecoderTests.DecodeInSteps(decoder, sample, 5, steps).ShouldBe(sample.Bytes.Length);
            steps.Lines.ShouldBe(whole.Lines);
            ValueSkipperTests.SkipInSteps(sample, 5).ShouldBe(sample.Bytes.Length);
        }
    }

    internal static byte[] Load(string name)
    {
        using var resource = typeof(ServerFileTests).Assembly.GetManifestResourceStream(name).ShouldNotBeNull();
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }
}
