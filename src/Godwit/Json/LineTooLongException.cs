using Godwit.Protocol;

namespace Godwit.Json;

/// <summary>What is to be written at once is longer than an array can be.</summary>
internal sealed class LineTooLongException()
    : GodwitException("its JSON is longer than the 2 GiB that can be held at once");
