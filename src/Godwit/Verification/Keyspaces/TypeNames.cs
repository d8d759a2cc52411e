using Godwit.Protocol.Rdb;

namespace Godwit.Verification.Keyspaces;

/// <summary>What the types of keys are called.</summary>
internal static class TypeNames
{
    private static readonly string Module = ValueKind.Module.Name();

    /// <summary>True if both are the same. A server calls a module's type by its own name, which a file does not hold.</summary>
    public static bool AreSame(string one, string other) =>
        one == other || (one == Module && IsOfModule(other)) || (other == Module && IsOfModule(one));

    private static bool IsOfModule(string name) => name != "none" && KeyQuestions.LengthCommand(name) is null;
}
