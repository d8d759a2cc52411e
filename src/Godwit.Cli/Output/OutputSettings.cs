namespace Godwit.Cli.Output;

/// <summary>When progress is shown.</summary>
internal enum ProgressMode
{
    /// <summary>A bar on a terminal, a line every ten seconds elsewhere, nothing with <c>--quiet</c>.</summary>
    Auto,

    /// <summary>The same, with <c>--quiet</c> too.</summary>
    Always,

    /// <summary>Not at all.</summary>
    Never,
}

/// <summary>What a command says, and in which form.</summary>
internal sealed record OutputSettings
{
    /// <summary>One JSON object on standard output instead of a summary.</summary>
    public bool Json { get; init; }

    /// <summary>Errors alone.</summary>
    public bool Quiet { get; init; }

    /// <summary>Stack traces with the errors.</summary>
    public bool Verbose { get; init; }

    /// <summary>When progress is shown.</summary>
    public ProgressMode Progress { get; init; } = ProgressMode.Auto;

    /// <summary>Form of the log lines.</summary>
    public LogFormat LogFormat { get; init; } = LogFormat.Text;
}
