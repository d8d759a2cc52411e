namespace Godwit.IntegrationTests.Live.Load.Forms;

/// <summary>Every form of every command that writes.</summary>
internal static class CommandForms
{
    public static IReadOnlyList<CommandForm> All { get; } =
    [
        .. StringForms.All,
        .. KeyForms.All,
        .. LeaseForms.All,
        .. ListForms.All,
        .. SetForms.All,
        .. SortedSetForms.All,
        .. HashForms.All,
        .. StreamForms.All,
        .. ScriptForms.All,
        .. ServerForms.All,
    ];
}
