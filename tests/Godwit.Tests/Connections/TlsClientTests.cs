using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Godwit.Connections;

namespace Godwit.Tests.Connections;

public sealed class TlsClientTests : IDisposable
{
    private readonly TestCertificates _certificates = new("Test Authority");
    private readonly TestCertificates _strangers = new("Stranger");

    public void Dispose()
    {
        _certificates.Dispose();
        _strangers.Dispose();
    }

    [Fact]
    public async Task Connect_CertificateOfAGivenAuthority_IsAccepted()
    {
        await using var server = Serve("127.0.0.1");

        await using var connection = await ConnectAsync(server, Trusting);

        (await connection.ExecuteAsync(TestContext.Current.CancellationToken, "PING")).Text.ShouldBe("OK");
        connection.Endpoint.ToString().ShouldStartWith("rediss://");
    }

    [Fact]
    public async Task Connect_ServerNameGiven_IsTheNameThatIsChecked()
    {
        await using var server = Serve("redis.example");

        await using var connection = await ConnectAsync(server, Trusting with { ServerName = "redis.example" });

        connection.Protocol.ShouldBe(2);
    }

    [Fact]
    public async Task Connect_SystemAuthorities_DoNotTrustOurs()
    {
        await using var server = Serve("127.0.0.1");

        var error = await FailAsync(server, new TlsOptions());

        error.Message.ShouldContain("CN=Test Authority, which is not trusted here");
        error.WhatToDo!.ShouldContain("--tls-ca");
        server.Commands.ShouldBeEmpty();
    }

    [Fact]
    public async Task Connect_CertificateOfAnotherAuthority_IsRefused()
    {
        await using var server = Serve("127.0.0.1");

        var error = await FailAsync(server, new TlsOptions { CaFile = _strangers.AuthorityFile });

        error.Message.ShouldContain("not trusted");
    }

    [Fact]
    public async Task Connect_CertificateOfAnotherAuthorityOfTheSameName_IsRefused()
    {
        using var namesakes = new TestCertificates("Test Authority");
        await using var server = Serve("127.0.0.1");

        var error = await FailAsync(server, new TlsOptions { CaFile = namesakes.AuthorityFile });

        error.Message.ShouldContain("not trusted");
    }

    [Fact]
    public async Task Connect_CertificateForAnotherName_IsRefusedWithItsNames()
    {
        await using var server = Serve("redis.example");

        var error = await FailAsync(server, Trusting);

        error.Message.ShouldContain("it is for redis.example, not for 127.0.0.1");
        error.WhatToDo.ShouldNotBeNull();
    }

    [Fact]
    public async Task Connect_CertificateOutOfDate_IsRefusedWithItsTime()
    {
        using var expired = _certificates.Issue("127.0.0.1", fromDays: -20, toDays: -10);
        await using var server = FakeServer.Redis(tls: new() { ServerCertificate = expired });

        var error = await FailAsync(server, Trusting);

        error.Message.ShouldContain("out of date");
    }

    [Fact]
    public async Task Connect_Insecure_TakesAnyCertificate()
    {
        using var expired = _strangers.Issue("elsewhere", fromDays: -20, toDays: -10);
        await using var server = FakeServer.Redis(tls: new() { ServerCertificate = expired });

        await using var connection = await ConnectAsync(server, new TlsOptions { Insecure = true });

        connection.Protocol.ShouldBe(2);
    }

    [Fact]
    public async Task Connect_ClientCertificateAskedForAndGiven_IsSent()
    {
        var (certificate, key) = _certificates.IssueFiles("client");
        await using var server = ServeAsking();

        await using var connection = await ConnectAsync(
            server,
            Trusting with
            {
                CertificateFile = certificate,
                KeyFile = key,
            }
        );

        server.Commands.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Connect_CertificateAndKeyInOneFile_IsSent()
    {
        var (certificate, key) = _certificates.IssueFiles("client");
        var both = _certificates.Write("both.pem", File.ReadAllText(key) + File.ReadAllText(certificate));
        await using var server = ServeAsking();

        await using var connection = await ConnectAsync(server, Trusting with { CertificateFile = both });

        server.Commands.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Connect_ClientCertificateMissing_SaysHowToGiveOne(SslProtocols protocol)
    {
        await using var server = ServeAsking(protocol);

        var error = await FailAsync(server, Trusting);

        error.WhatToDo!.ShouldContain("--tls-cert");
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Connect_ClientCertificateOfAStranger_SaysThatItIsNotAccepted(SslProtocols protocol)
    {
        var (certificate, key) = _strangers.IssueFiles("client");
        await using var server = ServeAsking(protocol);

        var error = await FailAsync(server, Trusting with { CertificateFile = certificate, KeyFile = key });

        error.WhatToDo!.ShouldContain("trusts the");
    }

    [Fact]
    public async Task Connect_FilesThatCannotBeUsed_AreNamedWithTheirOption()
    {
        await using var server = Serve("127.0.0.1");
        var (certificate, _) = _certificates.IssueFiles("client");
        var (_, strangersKey) = _strangers.IssueFiles("client");
        var empty = _certificates.Write("empty.pem", "nothing here");

        (await FailAsync(server, new TlsOptions { CaFile = "no-such-file.pem" })).ShouldSatisfyAllConditions(
            error => error.Message.ShouldContain("no-such-file.pem"),
            error => error.WhatToDo!.ShouldContain("--tls-ca")
        );
        (await FailAsync(server, new TlsOptions { CaFile = empty })).Message.ShouldContain("empty.pem");
        (await FailAsync(server, Trusting with { CertificateFile = empty })).WhatToDo!.ShouldContain("--tls-");
        (
            await FailAsync(server, Trusting with { CertificateFile = certificate, KeyFile = strangersKey })
        ).WhatToDo!.ShouldContain("--tls-key");
    }

    [Fact]
    public async Task Connect_TlsToAPlainServer_SaysSo()
    {
        // Like a real one, it answers a PING, and hangs up on what is no command.
        await using var server = FakeServer.Raw(
            async (stream, stop) =>
            {
                var buffer = new byte[1000];
                var read = await stream.ReadAsync(buffer, stop);
                if (buffer.AsSpan(0, read).StartsWith("PING"u8))
                    await stream.WriteAsync("+PONG\r\n"u8.ToArray(), stop);
            }
        );

        var error = await FailAsync(server, Trusting);

        error.Message.ShouldContain("speaks no TLS");
        error.WhatToDo!.ShouldContain("redis://");
        server.Connections.ShouldBe(2);
    }

    [Fact]
    public async Task Connect_TlsToAPlainServerThatWaits_SaysSoAfterTheTimeout()
    {
        await using var server = FakeServer.Raw(
            async (stream, stop) =>
            {
                var buffer = new byte[1000];
                var read = await stream.ReadAsync(buffer, stop);
                if (buffer.AsSpan(0, read).StartsWith("PING"u8))
                    await stream.WriteAsync("-NOAUTH Authentication required.\r\n"u8.ToArray(), stop);
                await Task.Delay(Timeout.Infinite, stop);
            }
        );

        var error = await FailAsync(
            server,
            Trusting,
            new ConnectionOptions { ConnectTimeout = TimeSpan.FromMilliseconds(300) }
        );

        error.Message.ShouldContain("speaks no TLS");
    }

    [Fact]
    public async Task Connect_PlainToATlsServer_SaysSo()
    {
        await using var server = Serve("127.0.0.1");

        var error = await Should.ThrowAsync<ConnectionException>(() => server.ConnectAsync());

        error.Stage.ShouldBe(ConnectionStage.Connect);
        error.WhatToDo!.ShouldContain("rediss://");
    }

    private TlsOptions Trusting => new() { CaFile = _certificates.AuthorityFile };

    private static Task<RedisConnection> ConnectAsync(
        FakeServer server,
        TlsOptions tls,
        ConnectionOptions? options = null
    ) => server.ConnectAsync(options, endpoint => endpoint with { Tls = tls });

    private static async Task<ConnectionException> FailAsync(
        FakeServer server,
        TlsOptions tls,
        ConnectionOptions? options = null
    )
    {
        var error = await Should.ThrowAsync<ConnectionException>(() => ConnectAsync(server, tls, options));
        error.Stage.ShouldBe(ConnectionStage.Tls);
        error.IsTransient.ShouldBeFalse();
        return error;
    }

    private FakeServer Serve(string name) =>
        FakeServer.Redis(tls: new() { ServerCertificate = _certificates.Issue(name) });

    private FakeServer ServeAsking(SslProtocols protocol = SslProtocols.None) =>
        FakeServer.Redis(
            tls: new()
            {
                ServerCertificate = _certificates.Issue("127.0.0.1"),
                EnabledSslProtocols = protocol,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    certificate is not null && Signed(certificate),
            }
        );

    private bool Signed(X509Certificate certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.Add(_certificates.Authority);
        return chain.Build((X509Certificate2)certificate);
    }
}
