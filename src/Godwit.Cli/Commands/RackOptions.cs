using System.CommandLine;
using Godwit.Cli.Usage;
using Godwit.Endpoints;

namespace Godwit.Cli.Commands;

/// <summary>Which rack of a Dynomite cluster is read.</summary>
internal sealed class RackOptions
{
    /// <summary>The rack.</summary>
    public Option<string?> Rack { get; } =
        OptionKinds.Text(
            "--rack",
            "NAME",
            "Of a Dynomite cluster, read this rack.",
            "one that holds everything, the configuration's own first"
        );

    /// <summary>Its datacenter.</summary>
    public Option<string?> Datacenter { get; } =
        OptionKinds.Text(
            "--datacenter",
            "NAME",
            "Of a Dynomite cluster, read a rack of this datacenter.",
            "the configuration's own"
        );

    /// <summary>Adds an error for each that has no use.</summary>
    public void RefuseUseless(ParseResult parsed, IReadOnlyList<Endpoint> sources, List<UsageError> errors)
    {
        if (sources.Any(source => source is DynomiteEndpoint))
            return;

        foreach (var option in new[] { Rack, Datacenter }.Where(option => parsed.GetValue(option) is not null))
            errors.Add(new UsageError($"{option.Name} is for a Dynomite cluster, and no source is one."));
    }
}
