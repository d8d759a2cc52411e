using System.CommandLine;
using System.Security;
using Godwit.Cli.Usage;
using Godwit.Connections;
using Godwit.Endpoints;

namespace Godwit.Cli.Commands;

/// <summary>The options that say how the two ends are entered: passwords and TLS.</summary>
internal sealed class AccessOptions
{
    // A file of another kind given by mistake is not read to its end.
    private const int LongestPassword = 64 * 1024;

    private readonly Option<string?> _sourcePasswordFile = PasswordFile("source");
    private readonly Option<string?> _targetPasswordFile = PasswordFile("target");
    private readonly TlsOptionSet _both = new("--", isHidden: false);
    private readonly TlsOptionSet _source = new("--source-", isHidden: true);
    private readonly TlsOptionSet _target = new("--target-", isHidden: true);

    /// <summary>As help shows them.</summary>
    public OptionGroup Group =>
        new(
            "Access",
            [_sourcePasswordFile, _targetPasswordFile, .. _both.All, .. _source.All, .. _target.All],
            "A password is taken from the URI, else from its file, else from GODWIT_SOURCE_PASSWORD or "
                + "GODWIT_TARGET_PASSWORD. The --tls options hold for both rediss:// ends; as --source-tls-... or "
                + "--target-tls-... they hold for one, and win there."
        );

    /// <summary>Reads the sources and the target with what belongs to each; what is wrong is added to the errors.</summary>
    public (Endpoint? Source, Endpoint? Target) Read(
        ParseResult parsed,
        IReadOnlyList<string> sources,
        string target,
        Func<string, string?> environment,
        List<UsageError> errors
    )
    {
        var tls = _both.Read(parsed, new TlsOptions(), errors);
        var sourceEnd = ParseSources(
            sources,
            Password(parsed, _sourcePasswordFile, environment("GODWIT_SOURCE_PASSWORD"), errors),
            _source.Read(parsed, tls, errors),
            errors
        );
        // Of too many words nobody knows which one is the target, and what it is not to show.
        if (sourceEnd is null && sources.Count > 1)
            return (null, null);

        var targetEnd = Parse(
            target,
            EndpointRole.Target,
            Password(parsed, _targetPasswordFile, environment("GODWIT_TARGET_PASSWORD"), errors),
            _target.Read(parsed, tls, errors),
            errors
        );
        if (sourceEnd is not null && targetEnd is not null)
            RefuseUseless(parsed, sourceEnd, targetEnd, errors);
        return (sourceEnd, targetEnd);
    }

    private static Endpoint? ParseSources(
        IReadOnlyList<string> texts,
        string? password,
        TlsOptions tls,
        List<UsageError> errors
    )
    {
        var sources = new List<Endpoint>();
        foreach (var text in texts)
        {
            if (Parse(text, EndpointRole.Source, password, tls, errors) is { } source)
                sources.Add(source);
        }

        if (sources.Count < texts.Count)
            return null;

        try
        {
            return SourceEndpoints.Combine(sources);
        }
        catch (Configuration.ConfigurationException exception)
        {
            errors.Add(new UsageError(exception.Message, exception.WhatToDo));
            return null;
        }
    }

    private static Endpoint? Parse(
        string text,
        EndpointRole role,
        string? password,
        TlsOptions tls,
        List<UsageError> errors
    )
    {
        try
        {
            return EndpointParser.Parse(text, role, new EndpointAccess { Password = password, Tls = tls });
        }
        catch (Configuration.ConfigurationException exception)
        {
            errors.Add(new UsageError(exception.Message, exception.WhatToDo));
            return null;
        }
    }

    /// <summary>Who asks for TLS and gets none, or names a password that nobody asks for, has made a mistake.</summary>
    private void RefuseUseless(ParseResult parsed, Endpoint source, Endpoint target, List<UsageError> errors)
    {
        var isSourceTls = source is RedisEndpoint { Tls: not null };
        var isTargetTls = target is RedisEndpoint { Tls: not null };
        if (_both.FirstGiven(parsed) is { } both && !isSourceTls && !isTargetTls)
            errors.Add(
                new UsageError($"{both} has no use: neither end is rediss://.", "Write rediss:// where TLS is meant.")
            );
        if (_source.FirstGiven(parsed) is { } ofSource && !isSourceTls)
            errors.Add(
                new UsageError(
                    $"{ofSource} has no use: the source is not rediss://.",
                    "Write rediss:// where TLS is meant."
                )
            );
        if (_target.FirstGiven(parsed) is { } ofTarget && !isTargetTls)
            errors.Add(
                new UsageError(
                    $"{ofTarget} has no use: the target is not rediss://.",
                    "Write rediss:// where TLS is meant."
                )
            );
        if (parsed.GetValue(_sourcePasswordFile) is not null && source is not RedisEndpoint)
            errors.Add(new UsageError($"{_sourcePasswordFile.Name} has no use: the source is not a server."));
        if (parsed.GetValue(_targetPasswordFile) is not null && target is not RedisEndpoint)
            errors.Add(new UsageError($"{_targetPasswordFile.Name} has no use: the target is not a server."));
    }

    private static string? Password(
        ParseResult parsed,
        Option<string?> option,
        string? environment,
        List<UsageError> errors
    )
    {
        if (parsed.GetValue(option) is not { } path)
            return string.IsNullOrEmpty(environment) ? null : environment;

        try
        {
            if (FirstLine(path) is { Length: > 0 } password)
                return password;
            errors.Add(
                new UsageError($"The first line of the file that {option.Name} names is empty, or far too long.")
            );
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SecurityException)
        {
            var why = exception is FileNotFoundException or DirectoryNotFoundException
                ? "does not exist"
                : "cannot be read";
            errors.Add(new UsageError($"{option.Name}: {path} {why}.", Before: option.Name, Token: path));
        }

        return null;
    }

    /// <summary>Without its end of line; null if it is longer than any password. Works on pipes, <c>&lt;(pass show redis)</c>.</summary>
    private static string? FirstLine(string path)
    {
        using var reader = new StreamReader(path);
        var buffer = new char[LongestPassword];
        var length = reader.ReadBlock(buffer);
        var end = buffer.AsSpan(0, length).IndexOfAny('\r', '\n');
        if (end < 0 && length == buffer.Length)
            return null;
        return new string(buffer, 0, end < 0 ? length : end);
    }

    private static Option<string?> PasswordFile(string side) =>
        OptionKinds.Text(
            $"--{side}-password-file",
            "FILE",
            $"The {side}'s password is the first line of this file.",
            "none"
        );
}
