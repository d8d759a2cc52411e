namespace Godwit.Protocol.Rdb;

/// <summary>What an RDB file is made of.</summary>
public enum RdbItemKind
{
    /// <summary>The magic and version that a file begins with.</summary>
    Header,

    /// <summary>A name and a text about the file or its writer, such as <c>redis-ver</c>.</summary>
    Aux,

    /// <summary>Entries from here on are of another database.</summary>
    SelectDatabase,

    /// <summary>How many keys, and how many that expire, the database has.</summary>
    Resize,

    /// <summary>How many keys, and how many that expire, the slot has whose entries follow.</summary>
    SlotInfo,

    /// <summary>Valkey 9: slots whose import was under way. Its parts are stepped over.</summary>
    SlotImport,

    /// <summary>A function library's code.</summary>
    Function,

    /// <summary>What a module keeps beside the keys. Its parts are stepped over.</summary>
    ModuleAux,

    /// <summary>A key with its value.</summary>
    Entry,

    /// <summary>The end, with the checksum found right or not there.</summary>
    End,
}
