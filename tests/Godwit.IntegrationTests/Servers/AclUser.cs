namespace Godwit.IntegrationTests.Servers;

/// <summary>A user of a server.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Password">Its password.</param>
/// <param name="Rules">What it may do, such as <c>~* +@read</c>.</param>
public sealed record AclUser(string Name, string Password, string Rules)
{
    /// <summary>As arguments that start a server with this user.</summary>
    internal IEnumerable<string> Arguments => ["--user", Name, "on", $">{Password}", .. Rules.Split(' ')];
}
