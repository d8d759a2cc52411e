using System.CommandLine;
using Godwit.Cli.Usage;

namespace Godwit.Cli.Commands;

/// <summary>
/// One command of the program: what its help says, which options it takes, what it does. To add one, derive from this and
/// name it in <see cref="CommandList"/>.
/// </summary>
internal abstract class CliCommand
{
    /// <summary>As it is typed.</summary>
    public abstract string Name { get; }

    /// <summary>One sentence.</summary>
    public abstract string Summary { get; }

    /// <summary>One line.</summary>
    public abstract string Usage { get; }

    /// <summary>The words that are not options, and what they mean.</summary>
    public abstract IReadOnlyList<(string Name, string Description)> Operands { get; }

    /// <summary>Every option, in the order of the help screen.</summary>
    public abstract IReadOnlyList<OptionGroup> OptionGroups { get; }

    /// <summary>Complete command lines; the first also stands in the overview.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>Options that a later version will have.</summary>
    public virtual IReadOnlyList<string> LaterOptions => [];

    /// <summary>Takes the words that are not options.</summary>
    public Argument<string[]> Words { get; } = new("words") { Arity = ArgumentArity.ZeroOrMore };

    /// <summary>How the command ends after <c>--json</c> when it never began; null where it has no such object.</summary>
    public virtual string? JsonOfUsageError(string message, string? whatToDo) => null;

    /// <summary>Does it.</summary>
    /// <param name="arguments">All of the program's arguments, the command's name first.</param>
    /// <param name="parsed">Without errors.</param>
    /// <param name="surroundings">Where it runs.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">The options are right one by one, but not together.</exception>
    public abstract Task<int> RunAsync(IReadOnlyList<string> arguments, ParseResult parsed, Surroundings surroundings);
}
