namespace Godwit.Protocol.Commands;

/// <summary>What a command does with a key.</summary>
[Flags]
public enum KeyAccess
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Its value counts.</summary>
    Read = 1,

    /// <summary>Its value may be changed, or the key deleted.</summary>
    Write = 2,

    /// <summary>Both.</summary>
    ReadWrite = Read | Write,
}
