using System.Globalization;
using Godwit.Protocol;

namespace Godwit.Migration;

/// <summary>A check before the first write found that the migration cannot work.</summary>
internal sealed class RefusedException(string message, string whatToDo, Exception? innerException = null)
    : GodwitException(message, whatToDo, innerException);

/// <summary>One of several sources broke off, in words that do not say which.</summary>
internal sealed class SourceFailedException(string source, GodwitException cause)
    : GodwitException($"{source}: {cause.Message}", cause.WhatToDo, cause);

/// <summary>More keys failed than <see cref="MigrationOptions.MaxErrors"/>.</summary>
internal sealed class TooManyErrorsException(long failed, string errorsFile, string lastReason)
    : GodwitException(
        string.Create(
            CultureInfo.InvariantCulture,
            $"Stopped after {failed} keys failed, more than --max-errors allows; the last one because: {lastReason}"
        ),
        $"See {errorsFile} for all of them; mend the cause, or raise --max-errors."
    );

/// <summary>The target has no memory left: every further key would fail the same way.</summary>
internal sealed class TargetFullException(string target, string reply)
    : GodwitException(
        $"{target} is full and refuses writes: {reply}",
        "Raise maxmemory at the target or choose a larger one, then go on."
    );

/// <summary>A file of ours could not be read or written any further.</summary>
internal sealed class FileFailureException(string message, string whatToDo, Exception innerException)
    : GodwitException(message, whatToDo, innerException);
