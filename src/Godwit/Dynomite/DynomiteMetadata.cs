namespace Godwit.Dynomite;

/// <summary>
/// The keys that Dynomite keeps for itself on every node, where read repairs are on: when which key was last written or
/// deleted. They are none of the user's data, and each node has its own under the same names.
/// </summary>
/// <remarks><c>src/proto/dyn_proto_repair.h</c>, ADD_SET_STR and REM_SET_STR; with <c>_</c> and a key behind it, of that key's parts.</remarks>
internal static class DynomiteMetadata
{
    private static ReadOnlySpan<byte> AddSet => "._add-set"u8;

    private static ReadOnlySpan<byte> RemSet => "._rem-set"u8;

    /// <summary>True if the key is Dynomite's own.</summary>
    public static bool IsKey(ReadOnlySpan<byte> key) => IsSet(key, AddSet) || IsSet(key, RemSet);

    private static bool IsSet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> name) =>
        key.StartsWith(name) && (key.Length == name.Length || key[name.Length] == (byte)'_');
}
