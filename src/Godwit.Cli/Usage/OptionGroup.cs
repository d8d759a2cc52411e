using System.CommandLine;

namespace Godwit.Cli.Usage;

/// <summary>Options that a help screen shows together.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Options">In their order. Hidden ones work, but the note speaks for them.</param>
/// <param name="Note">A sentence below them; null for none.</param>
internal sealed record OptionGroup(string Title, IReadOnlyList<Option> Options, string? Note = null);
