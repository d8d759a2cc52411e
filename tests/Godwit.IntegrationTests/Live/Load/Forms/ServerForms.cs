namespace Godwit.IntegrationTests.Live.Load.Forms;

/// <summary>Commands that concern no key, or all of them. The rare ones among them are a matter of <see cref="LoadSteps"/>.</summary>
internal static class ServerForms
{
    public static IReadOnlyList<CommandForm> All { get; } =
    [
        // Messages are no data: they must do no harm on the way.
        new("PUBLISH", 2, c => ["channel", c.Value()]),
        new("SPUBLISH", 1, c => ["channel", c.Value()]) { AloneOnly = true },
        // Reads in between: a primary's stream has none of them.
        new("GET", 6, c => [c.AnyKey()]),
    ];
}
