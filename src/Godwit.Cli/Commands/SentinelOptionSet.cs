using System.CommandLine;
using Godwit.Cli.Usage;
using Godwit.Endpoints;

namespace Godwit.Cli.Commands;

/// <summary>How one side's Sentinels are entered, where that differs from how its servers are.</summary>
internal sealed class SentinelOptionSet
{
    private readonly string _side;
    private readonly Option<string?> _passwordFile;

    // Of a truth value the parser would take true and false alone.
    private readonly Option<string?> _tls;

    /// <param name="side"><c>source</c> or <c>target</c>.</param>
    public SentinelOptionSet(string side)
    {
        _side = side;
        _passwordFile = PasswordFile.Option($"{side}-sentinel");
        _tls = new Option<string?>($"--{side}-sentinel-tls")
        {
            Description = $"Whether the {side}'s Sentinels speak TLS. Default: as the scheme says.",
            HelpName = "on|off",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                var word = result.Tokens[0].Value;
                if (word is "on" or "off")
                    return word;
                result.AddError($"--{side}-sentinel-tls takes on or off, not {word}.");
                return null;
            },
        };
        All = [_passwordFile, _tls];
        foreach (var option in All)
            option.Hidden = true;
    }

    /// <summary>All of them. Help speaks of them in a note.</summary>
    public IReadOnlyList<Option> All { get; }

    /// <summary>The Sentinels' own password; null for none.</summary>
    public string? Password(ParseResult parsed, Func<string, string?> environment, List<UsageError> errors) =>
        PasswordFile.Read(
            parsed.GetValue(_passwordFile),
            _passwordFile,
            environment($"GODWIT_{_side.ToUpperInvariant()}_SENTINEL_PASSWORD"),
            errors
        );

    /// <summary>Whether they speak TLS; null where the URI's scheme says it.</summary>
    public bool? Tls(ParseResult parsed) =>
        parsed.GetValue(_tls) switch
        {
            "on" => true,
            "off" => false,
            _ => null,
        };

    /// <summary>Who says how Sentinels are entered and names none has made a mistake.</summary>
    public void RefuseUseless(ParseResult parsed, IReadOnlyList<Endpoint> ends, List<UsageError> errors)
    {
        if (ends.Any(end => end is SentinelEndpoint))
            return;
        if (All.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } useless)
            errors.Add(new UsageError($"{useless.Name} has no use: the {_side} is not redis+sentinel://."));
    }
}
