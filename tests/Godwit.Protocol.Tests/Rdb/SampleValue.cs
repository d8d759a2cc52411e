using Godwit.Protocol.Rdb;

namespace Godwit.Protocol.Tests.Rdb;

/// <summary>A serialized value, and what is in it as <see cref="RecordingSink"/> writes it.</summary>
internal sealed record SampleValue(string Name, RdbType Type, byte[] Bytes, params string[] Elements)
{
    public RdbVersion Version { get; init; } = new(RdbFamily.Redis, RdbVersion.HighestRedis);
}
