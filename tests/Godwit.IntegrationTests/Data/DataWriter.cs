using System.Globalization;
using System.Text;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Data;

/// <summary>
/// Sends commands in pipelines; an error reply throws, so that a data set is never short of a key unnoticed. A string is
/// sent as Latin-1: one character a byte.
/// </summary>
internal sealed class DataWriter(IRespPipeline client, ServerFeatures features, int seed)
{
    // Enough to hide the round trip, little enough that neither side's socket buffer fills up with what nobody reads.
    private const int PipelineCommands = 200;
    private const int PipelineBytes = 64 * 1024;

    private readonly List<byte[][]> _waiting = [];
    private int _waitingBytes;

    public ServerFeatures Features { get; } = features;

    public Random Random { get; } = new(seed);

    public void Select(int database) => Add("SELECT", database);

    public void Add(params object[] command)
    {
        var bytes = Array.ConvertAll(command, ToBytes);
        _waiting.Add(bytes);
        _waitingBytes += bytes.Sum(argument => argument.Length);
        if (_waiting.Count >= PipelineCommands || _waitingBytes >= PipelineBytes)
            Flush();
    }

    /// <summary>One command with many arguments after its key, cut into several where there are very many.</summary>
    public void AddMany(string command, object key, IEnumerable<object> arguments, int argumentsPerCommand = 512)
    {
        foreach (var chunk in arguments.Chunk(argumentsPerCommand))
            Add([command, key, .. chunk]);
    }

    public void Flush()
    {
        client.Pipeline(_waiting);
        _waiting.Clear();
        _waitingBytes = 0;
    }

    /// <summary>Bytes that no compression makes smaller.</summary>
    public byte[] Noise(int length)
    {
        var bytes = new byte[length];
        Random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Bytes that LZF makes much smaller.</summary>
    public static byte[] Prose(int length) =>
        Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat("the godwit flies on; ", length / 21 + 1))[..length]);

    private static byte[] ToBytes(object argument) =>
        argument switch
        {
            byte[] bytes => bytes,
            string text => Encoding.Latin1.GetBytes(text),
            IFormattable number => Encoding.ASCII.GetBytes(number.ToString(null, CultureInfo.InvariantCulture)),
            _ => throw new ArgumentException($"cannot send a {argument.GetType().Name}", nameof(argument)),
        };
}
