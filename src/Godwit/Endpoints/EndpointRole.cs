namespace Godwit.Endpoints;

/// <summary>Which end of a migration an endpoint is.</summary>
internal enum EndpointRole
{
    /// <summary>Where from.</summary>
    Source,

    /// <summary>Where to.</summary>
    Target,
}
