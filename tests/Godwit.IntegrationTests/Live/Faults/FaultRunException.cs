namespace Godwit.IntegrationTests.Live.Faults;

/// <summary>A run with faults did not end as it must; the message has its seed, its faults and what the program said.</summary>
internal sealed class FaultRunException(string message, Exception innerException) : Exception(message, innerException);
