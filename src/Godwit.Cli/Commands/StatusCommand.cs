using System.CommandLine;
using Godwit.Cli.Jobs;
using Godwit.Cli.Usage;
using Godwit.Configuration;
using Godwit.Connections;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Cli.Commands;

/// <summary><c>godwit status</c>: how a live job stands; forgets one that will not go on.</summary>
internal sealed class StatusCommand : CliCommand
{
    private readonly JobOptionSet _job = new();

    private readonly Option<bool> _forget = OptionKinds.Flag(
        "--forget",
        "Remove all that a job has left which will not go on: its record at the target, its spool, its state. Needs --state and --yes."
    );

    private readonly Option<bool> _yes = OptionKinds.Flag("--yes", "Yes, --forget is meant.");

    private readonly Option<string?> _target = OptionKinds.Text(
        "--target",
        "URI",
        "The target as the job's command named it, where it takes a user to enter it.",
        "as the job's state says"
    );

    private readonly Option<string?> _passwordFile = PasswordFile.Option("target");
    private readonly TlsOptionSet _tls = new("--", isHidden: false);

    /// <inheritdoc/>
    public override string Name => "status";

    /// <inheritdoc/>
    public override string Summary =>
        "Says how a live migration stands: phase, lag, rates, what waits, the last error.";

    /// <inheritdoc/>
    public override string Usage => "godwit status [--state DIR] [OPTIONS]";

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, string Description)> Operands => [];

    /// <inheritdoc/>
    public override IReadOnlyList<OptionGroup> OptionGroups =>
        [
            new(
                "Which job",
                [_job.State],
                "Exit code 0: it runs. 1: it does not, and what it left says how it stands. 3: there is none."
            ),
            new(
                "Forgetting",
                [_forget, _yes, _target, _passwordFile, .. _tls.All],
                "The data at the target stays as it is. A password is taken from --target, else from its file, else from "
                    + "GODWIT_TARGET_PASSWORD."
            ),
            new("Output", [_job.Json, CommandLineReader.CreateHelpOption()]),
        ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
        ["godwit status", "godwit status --state jobs/a --json", "godwit status --forget --state jobs/a --yes"];

    /// <inheritdoc/>
    public override string JsonOfUsageError(string message, string? whatToDo) => JobJson.Error(Name, message, whatToDo);

    /// <inheritdoc/>
    public override Task<int> RunAsync(IReadOnlyList<string> arguments, ParseResult parsed, Surroundings surroundings)
    {
        var errors = new List<UsageError>();
        JobOptionSet.RefuseWords(this, parsed, errors);
        var session = new JobSession(surroundings, Name, parsed.GetValue(_job.Json));
        var state = parsed.GetValue(_job.State);
        if (!parsed.GetValue(_forget))
        {
            foreach (var option in (Option[])[_yes, _target, _passwordFile, .. _tls.All])
            {
                if (parsed.GetResult(option) is { Implicit: false })
                    errors.Add(new UsageError($"{option.Name} is for --forget.", "Add --forget, or leave it out."));
            }

            return errors.Count > 0 ? throw new UsageException(errors) : session.TellAsync(state);
        }

        if (state is null)
            errors.Add(new UsageError("--forget wants to know which job.", "Name its directory with --state DIR."));
        var access = new EndpointAccess
        {
            Password = PasswordFile.Read(
                parsed,
                _passwordFile,
                surroundings.Environment("GODWIT_TARGET_PASSWORD"),
                errors
            ),
            Tls = _tls.Read(parsed, new TlsOptions(), errors),
        };
        var named = parsed.GetValue(_target) is { } uri ? Parse(uri, access, errors) : null;
        return errors.Count > 0
            ? throw new UsageException(errors)
            : session.ForgetAsync(state!, parsed.GetValue(_yes), target => TargetOf(target, named, access));
    }

    private static ServerEndpoint? Parse(string uri, EndpointAccess access, List<UsageError> errors)
    {
        try
        {
            if (EndpointParser.Parse(uri, EndpointRole.Target, access) is ServerEndpoint endpoint)
                return endpoint;
            errors.Add(new UsageError("--target is no server.", "Write redis://[[USER]:PASSWORD@]HOST[:6379][/DB]."));
        }
        catch (ConfigurationException exception)
        {
            errors.Add(new UsageError(exception.Message, exception.WhatToDo));
        }

        return null;
    }

    // A mistake in the name would leave the record where it is, and say that it is gone.
    private static ServerEndpoint TargetOf(string target, ServerEndpoint? named, EndpointAccess access)
    {
        if (named is null)
            return (ServerEndpoint)EndpointParser.Parse(target, EndpointRole.Target, access);
        return named.ToString() == target
            ? named
            : throw new RefusedException(
                $"The job's target is {target}, not {named}",
                "Name the one that it was begun with."
            );
    }
}
