namespace Godwit.Protocol.Commands;

/// <summary>What has to be thought of when a command of a replication stream is passed on to another server.</summary>
public enum CommandTreatment
{
    /// <summary>It changes the keys that it names from what they are and what it brings along. It can be passed on as it is.</summary>
    Plain,

    /// <summary>
    /// It does the same to many keys, each for itself: it can be cut into one command for each hash slot. A key's words are
    /// <see cref="CommandSpec.WordsPerKey"/>.
    /// </summary>
    CutBySlot,

    /// <summary>What it does to one key depends on others: it can be passed on only where all of its keys lie together.</summary>
    AcrossKeys,

    /// <summary>A script: what it does shows only where it runs. Its keys are those that it declares.</summary>
    Script,

    /// <summary>It is about the server or a whole database, and names no keys.</summary>
    ServerWide,

    /// <summary>A word between primary and replica about the stream itself: SELECT, MULTI, EXEC, PING, REPLCONF.</summary>
    Control,
}
