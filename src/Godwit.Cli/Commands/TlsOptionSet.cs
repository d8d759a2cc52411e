using System.CommandLine;
using Godwit.Cli.Usage;
using Godwit.Connections;

namespace Godwit.Cli.Commands;

/// <summary>The five TLS options, for both ends or for one.</summary>
internal sealed class TlsOptionSet
{
    private readonly Option<bool> _insecure;
    private readonly Option<string?> _ca;
    private readonly Option<string?> _certificate;
    private readonly Option<string?> _key;
    private readonly Option<string?> _serverName;

    /// <param name="prefix"><c>--</c>, <c>--source-</c> or <c>--target-</c>.</param>
    /// <param name="isHidden">Help speaks of the set in a note instead of option by option.</param>
    public TlsOptionSet(string prefix, bool isHidden)
    {
        _insecure = OptionKinds.Flag(
            $"{prefix}tls-insecure",
            "Take any certificate from any host. Whoever sits in between can read along."
        );
        _ca = OptionKinds.Text($"{prefix}tls-ca", "FILE", "Trust the authorities in this PEM file.", "the system's");
        _certificate = OptionKinds.Text(
            $"{prefix}tls-cert",
            "FILE",
            "Show this certificate (PEM) to servers that ask.",
            "none"
        );
        _key = OptionKinds.Text(
            $"{prefix}tls-key",
            "FILE",
            "Key of that certificate (PEM).",
            "in the certificate's file"
        );
        _serverName = OptionKinds.Text(
            $"{prefix}tls-server-name",
            "NAME",
            "Name that the server's certificate must carry.",
            "the URI's host"
        );
        All = [_insecure, _ca, _certificate, _key, _serverName];
        foreach (var option in All)
            option.Hidden = isHidden;
    }

    /// <summary>In the order of the help screen.</summary>
    public IReadOnlyList<Option> All { get; }

    /// <summary>The first of them that stands on the command line; null if none does.</summary>
    public string? FirstGiven(ParseResult parsed) =>
        All.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false })?.Name;

    /// <summary>What stands on the command line, and for the rest what <paramref name="others"/> says.</summary>
    public TlsOptions Read(ParseResult parsed, TlsOptions others, List<UsageError> errors)
    {
        var certificate = Existing(parsed, _certificate, errors);
        var key = Existing(parsed, _key, errors);
        var tls = new TlsOptions
        {
            Insecure = parsed.GetValue(_insecure) || others.Insecure,
            CaFile = Existing(parsed, _ca, errors) ?? others.CaFile,
            CertificateFile = certificate ?? others.CertificateFile,
            // Another certificate has another key.
            KeyFile = key ?? (certificate is null ? others.KeyFile : null),
            ServerName = parsed.GetValue(_serverName) ?? others.ServerName,
        };
        if (key is not null && tls.CertificateFile is null)
            errors.Add(
                new UsageError($"{_key.Name} stands without {_certificate.Name}.", $"Add {_certificate.Name} FILE.")
            );
        return tls;
    }

    private static string? Existing(ParseResult parsed, Option<string?> option, List<UsageError> errors)
    {
        var path = parsed.GetValue(option);
        if (path is not null && !File.Exists(path))
            errors.Add(new UsageError($"{option.Name}: there is no file {path}.", Before: option.Name, Token: path));
        return path;
    }
}
