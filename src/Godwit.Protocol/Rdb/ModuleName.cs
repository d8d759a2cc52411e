namespace Godwit.Protocol.Rdb;

/// <summary>The name that a module type's id spells: nine characters of six bits each, above ten bits of version.</summary>
/// <remarks>Source: <c>src/module.c</c>, moduleTypeEncodeId.</remarks>
public static class ModuleName
{
    private const int Length = 9;
    private const int VersionBits = 10;
    private const string Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /// <summary>The name, always of nine characters.</summary>
    public static string Of(ulong moduleId) =>
        string.Create(
            Length,
            moduleId >> VersionBits,
            static (name, bits) =>
            {
                for (var i = Length - 1; i >= 0; i--, bits >>= 6)
                    name[i] = Characters[(int)(bits & 0x3F)];
            }
        );
}
