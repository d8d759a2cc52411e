namespace Godwit.Protocol.Rdb;

/// <summary>What stands in front of each field of a module's value, so that one can step over it without the module.</summary>
/// <remarks>Source: <c>src/rdb.h</c>, RDB_MODULE_OPCODE_*.</remarks>
internal static class ModuleOpcode
{
    public const ulong End = 0;
    public const ulong SignedInteger = 1;
    public const ulong UnsignedInteger = 2;
    public const ulong Float = 3;
    public const ulong Double = 4;
    public const ulong String = 5;
}
