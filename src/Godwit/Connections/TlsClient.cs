using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Godwit.Endpoints;

namespace Godwit.Connections;

/// <summary>
/// Sets up TLS on one connection. The server's certificate is checked against the system's authorities or the given ones, and
/// its name against the host's. Revocation lists are not asked for: private authorities rarely have one that is reachable.
/// </summary>
internal sealed class TlsClient(RedisEndpoint endpoint, TlsOptions options)
{
    private ConnectionException? _rejection;

    /// <summary>The server has sent a certificate: whatever happened after that, it does speak TLS.</summary>
    public bool SawCertificate { get; private set; }

    private string ServerName => options.ServerName ?? endpoint.Host ?? "localhost";

    /// <summary>A stream of what goes through TLS; it owns <paramref name="inner"/>.</summary>
    /// <exception cref="ConnectionException">A file cannot be read, the certificate is not accepted, or TLS fails.</exception>
    public async Task<SslStream> AuthenticateAsync(Stream inner, CancellationToken cancellationToken)
    {
        var client = await ReadOptionsAsync(cancellationToken).ConfigureAwait(false);
        var stream = new SslStream(inner, leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsClientAsync(client, cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch (Exception e)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            if (_rejection is not null)
                throw _rejection;
            if (e is AuthenticationException or IOException)
                throw TlsFailure.Handshake(endpoint, e, hasCertificate: options.CertificateFile is not null);
            throw;
        }
    }

    private async Task<SslClientAuthenticationOptions> ReadOptionsAsync(CancellationToken cancellationToken)
    {
        var client = new SslClientAuthenticationOptions
        {
            TargetHost = ServerName,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = Validate,
        };

        if (options.CaFile is { } caFile)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            policy.CustomTrustStore.AddRange(
                await ReadAuthoritiesAsync(caFile, cancellationToken).ConfigureAwait(false)
            );
            client.CertificateChainPolicy = policy;
        }

        if (options.CertificateFile is { } file)
        {
            client.ClientCertificateContext = await ReadCertificateAsync(
                    file,
                    options.KeyFile ?? file,
                    cancellationToken
                )
                .ConfigureAwait(false);
        }

        return client;
    }

    private async Task<X509Certificate2Collection> ReadAuthoritiesAsync(
        string file,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPem(await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false));
            if (authorities.Count == 0)
                throw new CryptographicException("It holds no PEM certificate.");
            return authorities;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw TlsFailure.File(endpoint, file, "authorities' certificates", "--tls-ca", e);
        }
    }

    private async Task<SslStreamCertificateContext> ReadCertificateAsync(
        string certificateFile,
        string keyFile,
        CancellationToken cancellationToken
    )
    {
        var file = certificateFile;
        try
        {
            var pem = await File.ReadAllTextAsync(certificateFile, cancellationToken).ConfigureAwait(false);
            file = keyFile;
            var key = await File.ReadAllTextAsync(keyFile, cancellationToken).ConfigureAwait(false);
            // A key of another certificate is an ArgumentException here.
            var certificate = X509Certificate2.CreateFromPem(pem, key);

            // Windows takes no key that lives in memory alone.
            if (OperatingSystem.IsWindows())
            {
                using var ephemeral = certificate;
                certificate = X509CertificateLoader.LoadPkcs12(
                    ephemeral.Export(X509ContentType.Pkcs12),
                    password: null
                );
            }

            // What else the file holds are the authorities between ours and the one that the server trusts.
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(pem);
            return SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            var option = string.Equals(file, certificateFile, StringComparison.Ordinal) ? "--tls-cert" : "--tls-key";
            throw TlsFailure.File(endpoint, file, "our certificate and its key", option, e);
        }
    }

    private bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        SawCertificate = certificate is not null;
        if (errors == SslPolicyErrors.None || options.Insecure)
            return true;

        _rejection = TlsFailure.Certificate(endpoint, ServerName, certificate as X509Certificate2, chain, errors);
        return false;
    }
}
