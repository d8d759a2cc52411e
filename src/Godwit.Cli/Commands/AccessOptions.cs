using System.CommandLine;
using Godwit.Cli.Usage;
using Godwit.Connections;
using Godwit.Endpoints;

namespace Godwit.Cli.Commands;

/// <summary>The options that say how the two ends are entered: passwords and TLS.</summary>
internal sealed class AccessOptions
{
    private readonly Option<string[]?> _sourcePasswordFiles = OptionKinds.Texts(
        "--source-password-file",
        "FILE",
        "The source's password is the first line of this file. Of several servers: one file for all, or the option once for "
            + "each, in their order.",
        "none"
    );

    private readonly Option<string?> _targetPasswordFile = PasswordFile.Option("target");
    private readonly SentinelOptionSet _sourceSentinel = new("source");
    private readonly SentinelOptionSet _targetSentinel = new("target");
    private readonly TlsOptionSet _both = new("--", isHidden: false);
    private readonly TlsOptionSet _source = new("--source-", isHidden: true);
    private readonly TlsOptionSet _target = new("--target-", isHidden: true);

    /// <summary>As help shows them.</summary>
    public OptionGroup Group =>
        new(
            "Access",
            [
                _sourcePasswordFiles,
                _targetPasswordFile,
                .. _both.All,
                .. _source.All,
                .. _target.All,
                .. _sourceSentinel.All,
                .. _targetSentinel.All,
            ],
            "A password is taken from the URI, else from its file, else from GODWIT_SOURCE_PASSWORD or "
                + "GODWIT_TARGET_PASSWORD. The --tls options hold for both rediss:// ends; as --source-tls-... or "
                + "--target-tls-... they hold for one, and win there. Sentinels' "
                + "own password comes from --source-sentinel-password-file or --target-sentinel-password-file, else from "
                + "GODWIT_SOURCE_SENTINEL_PASSWORD or GODWIT_TARGET_SENTINEL_PASSWORD; they speak TLS with rediss+sentinel:// "
                + "as the servers do, unless --source-sentinel-tls or --target-sentinel-tls says on or off."
        );

    /// <summary>Reads the sources and the target with what belongs to each; what is wrong is added to the errors.</summary>
    public (IReadOnlyList<Endpoint>? Sources, Endpoint? Target) Read(
        ParseResult parsed,
        IReadOnlyList<string> sources,
        string target,
        Func<string, string?> environment,
        List<UsageError> errors,
        EndpointRole targetRole = EndpointRole.Target
    )
    {
        var tls = _both.Read(parsed, new TlsOptions(), errors);
        var sourceEnds = ParseSources(
            sources,
            SourcePasswords(parsed, sources, environment("GODWIT_SOURCE_PASSWORD"), errors),
            new EndpointAccess
            {
                Tls = _source.Read(parsed, tls, errors),
                SentinelPassword = _sourceSentinel.Password(parsed, environment, errors),
                SentinelTls = _sourceSentinel.Tls(parsed),
            },
            errors
        );
        // Of too many words nobody knows which one is the target, and what it is not to show.
        if (sourceEnds is null && sources.Count > 1)
            return (null, null);

        var targetEnd = Parse(
            target,
            targetRole,
            new EndpointAccess
            {
                Password = PasswordFile.Read(
                    parsed,
                    _targetPasswordFile,
                    environment("GODWIT_TARGET_PASSWORD"),
                    errors
                ),
                Tls = _target.Read(parsed, tls, errors),
                SentinelPassword = _targetSentinel.Password(parsed, environment, errors),
                SentinelTls = _targetSentinel.Tls(parsed),
            },
            errors
        );
        if (sourceEnds is not null && targetEnd is not null)
            RefuseUseless(parsed, sourceEnds, targetEnd, errors);
        return (sourceEnds, targetEnd);
    }

    private static List<Endpoint>? ParseSources(
        IReadOnlyList<string> texts,
        IReadOnlyList<string?> passwords,
        EndpointAccess access,
        List<UsageError> errors
    )
    {
        var sources = new List<Endpoint>();
        foreach (var (text, password) in texts.Zip(passwords))
        {
            if (Parse(text, EndpointRole.Source, access with { Password = password }, errors) is { } source)
                sources.Add(source);
        }

        return sources.Count < texts.Count ? null : sources;
    }

    // One for each source, of which those that are no servers need none.
    private IReadOnlyList<string?> SourcePasswords(
        ParseResult parsed,
        IReadOnlyList<string> sources,
        string? environment,
        List<UsageError> errors
    )
    {
        var files = parsed.GetValue(_sourcePasswordFiles) ?? [];
        if (files.Length < 2)
        {
            var password = PasswordFile.Read(files.FirstOrDefault(), _sourcePasswordFiles, environment, errors);
            return [.. sources.Select(_ => password)];
        }

        var servers = sources.Count(EndpointScheme.IsServer);
        if (files.Length != servers)
        {
            errors.Add(
                new UsageError(
                    $"{_sourcePasswordFiles.Name} stands there {files.Length} times, for {servers} {(servers == 1 ? "server" : "servers")}.",
                    "Give it once for all of them, or once for each, in their order."
                )
            );
            return [.. sources.Select(_ => (string?)null)];
        }

        var next = 0;
        return
        [
            .. sources.Select(source =>
                EndpointScheme.IsServer(source)
                    ? PasswordFile.Read(files[next++], _sourcePasswordFiles, environment, errors)
                    : null
            ),
        ];
    }

    private static Endpoint? Parse(string text, EndpointRole role, EndpointAccess access, List<UsageError> errors)
    {
        try
        {
            return EndpointParser.Parse(text, role, access);
        }
        catch (Configuration.ConfigurationException exception)
        {
            errors.Add(new UsageError(exception.Message, exception.WhatToDo));
            return null;
        }
    }

    /// <summary>Who asks for TLS and gets none, or names a password that nobody asks for, has made a mistake.</summary>
    private void RefuseUseless(ParseResult parsed, List<Endpoint> sources, Endpoint target, List<UsageError> errors)
    {
        var isSourceTls = sources.Any(UsesTls);
        var sourceIs = sources.Count == 1 ? "the source is" : "the sources are";
        var isTargetTls = UsesTls(target);
        if (_both.FirstGiven(parsed) is { } both && !isSourceTls && !isTargetTls)
            errors.Add(
                new UsageError($"{both} has no use: neither end is rediss://.", "Write rediss:// where TLS is meant.")
            );
        if (_source.FirstGiven(parsed) is { } ofSource && !isSourceTls)
            errors.Add(
                new UsageError(
                    $"{ofSource} has no use: {sourceIs} not rediss://.",
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
        if (
            parsed.GetValue(_sourcePasswordFiles) is [_, ..]
            && !sources.Any(source => source is ServerEndpoint or DynomiteEndpoint)
        )
            errors.Add(new UsageError($"{_sourcePasswordFiles.Name} has no use: {sourceIs} not a server."));
        if (parsed.GetValue(_targetPasswordFile) is not null && target is not ServerEndpoint)
            errors.Add(new UsageError($"{_targetPasswordFile.Name} has no use: the target is not a server."));
        _sourceSentinel.RefuseUseless(parsed, sources, errors);
        _targetSentinel.RefuseUseless(parsed, [target], errors);
    }

    private static bool UsesTls(Endpoint end) =>
        end is ServerEndpoint { Tls: not null }
        || (
            end is SentinelEndpoint { Sentinels: var sentinels } && sentinels.Any(sentinel => sentinel.Tls is not null)
        );
}
