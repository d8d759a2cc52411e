namespace Godwit.Endpoints;

/// <summary>One end of a migration, as its URI names it. <c>ToString</c> is that URI without a password.</summary>
internal abstract record Endpoint;
