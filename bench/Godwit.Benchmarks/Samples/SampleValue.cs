using Godwit.Protocol.Rdb;

namespace Godwit.Benchmarks.Samples;

/// <summary>One serialized value, as a server has written it.</summary>
/// <param name="Name">What the results call it.</param>
/// <param name="Type">How it is serialized.</param>
/// <param name="Version">By whom.</param>
/// <param name="Bytes">Without type and footer.</param>
public sealed record SampleValue(string Name, RdbType Type, RdbVersion Version, byte[] Bytes)
{
    /// <summary>Those of all files beside this one, which <c>make</c> has made.</summary>
    public static IReadOnlyList<SampleValue> All { get; } = [.. Read()];

    public static SampleValue Find(string name) => All.Single(sample => sample.Name == name);

    public override string ToString() => Name;

    private static IEnumerable<SampleValue> Read()
    {
        var assembly = typeof(SampleValue).Assembly;
        return assembly
            .GetManifestResourceNames()
            .Order(StringComparer.Ordinal)
            .SelectMany(name =>
            {
                using var stream = assembly.GetManifestResourceStream(name)!;
                var file = new byte[stream.Length];
                stream.ReadExactly(file);
                return Read(file);
            });
    }

    private static List<SampleValue> Read(byte[] file)
    {
        var samples = new List<SampleValue>();
        using var reader = new RdbReader();
        var position = 0;
        while (!reader.Ended && reader.TryRead(file, ref position, out var item))
        {
            if (item.Kind != RdbItemKind.Entry)
                continue;
            var name = System.Text.Encoding.ASCII.GetString(item.Key(file));
            samples.Add(new SampleValue(name, item.Type, reader.Version, item.Value(file).ToArray()));
        }

        return samples;
    }
}
