namespace Godwit.Connections;

/// <summary>How a connection is encrypted. By default the system's authorities are trusted and the host name is checked.</summary>
internal sealed record TlsOptions
{
    /// <summary>PEM file of the authorities to trust instead of the system's; null for the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file of our own certificate, for servers that ask for one; null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file of our certificate's key; null where the certificate's file holds it.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The name that the certificate must carry; null for the endpoint's host.</summary>
    public string? ServerName { get; init; }

    /// <summary>Takes any certificate. Off unless the user asks for it by name.</summary>
    public bool Insecure { get; init; }
}
