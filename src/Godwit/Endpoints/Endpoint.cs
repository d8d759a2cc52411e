namespace Godwit.Endpoints;

/// <summary>One end of a migration, as its URI names it. <c>ToString</c> is that URI without a password.</summary>
internal abstract record Endpoint
{
    /// <summary>The URIs that name it, without a password: one, unless it is several files.</summary>
    public virtual IReadOnlyList<string> Uris => [ToString()!];
}
