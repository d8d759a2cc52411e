namespace Godwit.Protocol.Rdb;

/// <summary>What stands where a type could, and is none.</summary>
/// <remarks>Source: <c>src/rdb.h</c>, RDB_OPCODE_*, of Redis and of Valkey.</remarks>
internal static class RdbOpcode
{
    /// <summary>Valkey: slots that are being imported. Redis since 8.2: a key's metadata. Told apart by family.</summary>
    public const byte SlotImport = 243;
    public const byte SlotInfo = 244;
    public const byte Function = 245;
    public const byte FunctionPreRelease = 246;
    public const byte ModuleAux = 247;
    public const byte Idle = 248;
    public const byte Frequency = 249;
    public const byte Aux = 250;
    public const byte Resize = 251;
    public const byte ExpireMilliseconds = 252;
    public const byte ExpireSeconds = 253;
    public const byte SelectDatabase = 254;
    public const byte End = 255;
}
