namespace Godwit.IntegrationTests.Live.Load;

/// <summary>A server refused what the load should be able to do.</summary>
internal sealed class LoadException(string message) : Exception(message);
