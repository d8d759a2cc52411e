using Godwit.Endpoints;
using Godwit.Protocol;

namespace Godwit.Connections;

/// <summary>How far a connection had come.</summary>
internal enum ConnectionStage
{
    /// <summary>Looking up the host's addresses.</summary>
    Resolve,

    /// <summary>Reaching the server, and finding that it is one.</summary>
    Connect,

    /// <summary>Setting up TLS.</summary>
    Tls,

    /// <summary>Logging in.</summary>
    Authenticate,

    /// <summary>Choosing the database.</summary>
    Select,

    /// <summary>Open and in use.</summary>
    Exchange,
}

/// <summary>A connection could not be made, or was lost.</summary>
internal sealed class ConnectionException : GodwitException
{
    /// <summary>Creates the error.</summary>
    public ConnectionException(
        RedisEndpoint endpoint,
        ConnectionStage stage,
        string message,
        string? whatToDo,
        bool isTransient,
        Exception? innerException = null
    )
        : base(message, whatToDo, innerException)
    {
        Endpoint = endpoint.ToString();
        Address = endpoint.Address;
        Stage = stage;
        IsTransient = isTransient;
    }

    /// <summary>The endpoint's URI, without secrets.</summary>
    public string Endpoint { get; }

    /// <summary>The server's <see cref="RedisEndpoint.Address"/>.</summary>
    public string Address { get; }

    /// <summary>How far the connection had come.</summary>
    public ConnectionStage Stage { get; }

    /// <summary>The same may work when it is tried again later, with nothing changed.</summary>
    public bool IsTransient { get; }
}
