namespace Godwit.IntegrationTests.Comparison;

/// <summary>A cluster whose primaries together hold something that no client could see as one state.</summary>
internal sealed class ClusterStateException(string message) : Exception(message);
