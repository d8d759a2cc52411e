using Godwit.Migration;
using Godwit.Protocol;

namespace Godwit.Verification.Repairing;

/// <summary>A repair was refused or broke off; keys that were equal were not touched.</summary>
internal sealed class RepairException(MigrationFailure failure)
    : GodwitException($"The repair stopped: {failure.Message}", failure.WhatToDo, failure.Exception);
