namespace Godwit.IntegrationTests.Servers;

/// <summary>Takes many commands at once: one server, or a cluster.</summary>
public interface IRespPipeline
{
    /// <summary>Sends a command and reads its reply, which must not be an error.</summary>
    object? Call(params ReadOnlySpan<object> command);

    /// <summary>Sends many commands, and gives their replies in the same order; none may be an error.</summary>
    IReadOnlyList<object?> Pipeline(IEnumerable<object[]> commands);
}
