using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Godwit.IntegrationTests.Servers.Tls;

/// <summary>
/// An authority of the test's own, a certificate of it for servers on this machine and one for clients, as PEM files in a
/// directory that goes with this object.
/// </summary>
public sealed class TestCertificates : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("godwit-tls-");
    private readonly X509Certificate2 _authority;
    private readonly X509Certificate2 _client;

    public TestCertificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Godwit test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _authority = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1));
        AuthorityFile = Write("ca.pem", _authority.ExportCertificatePem());

        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        (ServerCertificateFile, ServerKeyFile) = Issue("server", names.Build());
        (ClientCertificateFile, ClientKeyFile) = Issue("client", names: null);
        _client = X509Certificate2.CreateFromPemFile(ClientCertificateFile, ClientKeyFile);
    }

    public string AuthorityFile { get; }

    /// <summary>For 127.0.0.1 and localhost.</summary>
    public string ServerCertificateFile { get; }

    public string ServerKeyFile { get; }

    public string ClientCertificateFile { get; }

    public string ClientKeyFile { get; }

    internal X509Certificate2 Authority => _authority;

    internal X509Certificate2 Client => _client;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public void Dispose()
    {
        _authority.Dispose();
        _client.Dispose();
        _directory.Delete(recursive: true);
    }

    private (string Certificate, string Key) Issue(string name, X509Extension? names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=Godwit test {name}", key, HashAlgorithmName.SHA256);
        if (names is not null)
            request.CertificateExtensions.Add(names);
        var serial = RandomNumberGenerator.GetBytes(8);
        using var certificate = request.Create(_authority, Now.AddHours(-23), Now.AddHours(23), serial);
        return (
            Write($"{name}.crt", certificate.ExportCertificatePem()),
            Write($"{name}.key", key.ExportPkcs8PrivateKeyPem())
        );
    }

    private string Write(string file, string content)
    {
        var path = Path.Combine(_directory.FullName, file);
        File.WriteAllText(path, content + "\n");
        return path;
    }
}
