using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration.Rights;

/// <summary>The rights that <c>docs/permissions.md</c> names, as its readers would type them.</summary>
internal static class DocumentedRights
{
    private static readonly string[] Lines = File.ReadAllLines(Find());

    /// <summary>The words of the rule under a heading, without the user's name and password.</summary>
    /// <param name="heading">How the heading begins.</param>
    /// <param name="version">What this version does not know is left out, as the document says.</param>
    public static string[] Of(string heading, ServerVersion version)
    {
        var under = Lines.SkipWhile(line =>
            !(line.StartsWith('#') && line.TrimStart('#', ' ').StartsWith(heading, StringComparison.Ordinal))
        );
        var rule = under.SkipWhile(line => line != "```text").Skip(1).TakeWhile(line => line != "```");
        string[] words =
        [
            .. string.Join(' ', rule)
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Where(word => word is not ("ACL" or "SETUSER" or "godwit" or "on" or ">PASSWORD"))
                .Where(word => IsKnown(word, version)),
        ];
        words.ShouldNotBeEmpty($"docs/permissions.md has no rule under {heading}");
        return words;
    }

    private static bool IsKnown(string rule, ServerVersion version) =>
        version switch
        {
            ServerVersion.Redis80 => true,
            ServerVersion.Valkey91 => !IsOfVectorSets(rule),
            _ => !IsOfVectorSets(rule) && !rule.StartsWith("+hpexpire", StringComparison.Ordinal),
        };

    private static bool IsOfVectorSets(string rule) => rule is "+vadd" or "+vrem" or "+vsetattr";

    private static string Find()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Godwit.slnx")))
            directory = Path.GetDirectoryName(directory)!;
        return Path.Combine(directory, "docs", "permissions.md");
    }
}
