using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Godwit.IntegrationTests.Servers.Tls;

/// <summary>The client's side of TLS: it trusts the test's authority alone, and shows the test's client certificate.</summary>
internal static class TlsClient
{
    /// <summary>Takes the stream over, also when it throws.</summary>
    public static SslStream Authenticate(Stream network, TestCertificates certificates)
    {
        var tls = new SslStream(network, leaveInnerStreamOpen: false);
        try
        {
            tls.AuthenticateAsClient(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "127.0.0.1",
                    ClientCertificates = [certificates.Client],
                    CertificateChainPolicy = new()
                    {
                        TrustMode = X509ChainTrustMode.CustomRootTrust,
                        CustomTrustStore = { certificates.Authority },
                        // The test's authority publishes no list of what it has revoked.
                        RevocationMode = X509RevocationMode.NoCheck,
                    },
                }
            );
            return tls;
        }
        catch
        {
            tls.Dispose();
            throw;
        }
    }
}
