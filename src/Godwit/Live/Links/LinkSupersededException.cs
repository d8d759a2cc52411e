using Godwit.Protocol;

namespace Godwit.Live.Links;

/// <summary>
/// What is being read has been overtaken: the source does not go on from where it was left, and begins anew with another
/// snapshot. The reader stops and asks the link for its next generation.
/// </summary>
internal sealed class LinkSupersededException()
    : GodwitException("The source has begun anew with another snapshot", whatToDo: null);
