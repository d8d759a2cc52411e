using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Godwit.Endpoints;

namespace Godwit.Connections;

/// <summary>The words for each way in which TLS fails.</summary>
internal static class TlsFailure
{
    // A certificate of a big service carries dozens of names.
    private const int MaxNames = 5;

    // The last: another authority of the same name is trusted.
    private const X509ChainStatusFlags Untrusted =
        X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid;

    private const string AcceptAny = "accept any certificate with --tls-insecure";

    public static ConnectionException Certificate(
        RedisEndpoint endpoint,
        string serverName,
        X509Certificate2? certificate,
        X509Chain? chain,
        SslPolicyErrors errors
    )
    {
        var (why, whatToDo) = Explain(serverName, certificate, chain, errors);
        return Failure(endpoint, $"The certificate of {endpoint} is not accepted: {why}", whatToDo);
    }

    public static ConnectionException File(
        RedisEndpoint endpoint,
        string file,
        string content,
        string option,
        Exception cause
    ) =>
        Failure(
            endpoint,
            $"The file {file} with {content} for {endpoint} cannot be used: {cause.Message}",
            $"Give a readable PEM file without a pass phrase with {option}.",
            cause
        );

    public static ConnectionException Handshake(RedisEndpoint endpoint, Exception cause, bool hasCertificate)
    {
        var reason = (cause.InnerException ?? cause).Message;
        return Failure(
            endpoint,
            $"TLS with {endpoint} could not be set up: {reason}",
            hasCertificate
                ? "Check that this port speaks TLS, and that the server trusts the certificate given with --tls-cert."
                : "Check that this port speaks TLS; if the server asks for a client certificate, give one with --tls-cert "
                    + "and --tls-key.",
            cause
        );
    }

    private static (string Why, string WhatToDo) Explain(
        string serverName,
        X509Certificate2? certificate,
        X509Chain? chain,
        SslPolicyErrors errors
    )
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
            return ("the server has sent none", $"Give the server a certificate, or {AcceptAny}.");

        var status = X509ChainStatusFlags.NoError;
        foreach (var element in chain?.ChainStatus ?? [])
            status |= element.Status;

        if (status.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            var from = certificate.NotBefore.ToUniversalTime().ToString("u", CultureInfo.InvariantCulture);
            var to = certificate.NotAfter.ToUniversalTime().ToString("u", CultureInfo.InvariantCulture);
            return (
                $"it, or one above it, is out of date (its own time is {from} to {to})",
                $"Renew it, check this machine's clock, or {AcceptAny}."
            );
        }

        if ((status & Untrusted) != X509ChainStatusFlags.NoError)
        {
            return (
                $"it was signed by {certificate.Issuer}, which is not trusted here",
                "Give the PEM file of that authority with --tls-ca (--source-tls-ca, --target-tls-ca), or "
                    + $"{AcceptAny}."
            );
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return (
                $"it is for {Names(certificate)}, not for {serverName}",
                $"Use a host name that it carries, or {AcceptAny}."
            );
        }

        return ($"{status}", $"Give the server a valid certificate, or {AcceptAny}.");
    }

    private static string Names(X509Certificate2 certificate)
    {
        var names = new List<string>();
        foreach (var extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            names.AddRange(extension.EnumerateDnsNames());
            names.AddRange(extension.EnumerateIPAddresses().Select(address => address.ToString()));
        }

        if (names.Count == 0)
            return certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        return string.Join(", ", names.Take(MaxNames)) + (names.Count > MaxNames ? " and more" : "");
    }

    private static ConnectionException Failure(
        RedisEndpoint endpoint,
        string message,
        string whatToDo,
        Exception? cause = null
    ) => new(endpoint, ConnectionStage.Tls, message, whatToDo, isTransient: false, cause);
}
