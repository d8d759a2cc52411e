namespace Godwit.Live.Changes;

/// <summary>How a change stands to the group, MULTI to EXEC, that it belongs to.</summary>
internal enum GroupPlace : byte
{
    /// <summary>It is none of a group. Behind it the stream can be taken up again.</summary>
    None,

    /// <summary>It is the MULTI that begins one.</summary>
    Begin,

    /// <summary>It is a command of one.</summary>
    Inside,

    /// <summary>It is the EXEC that ends one. Behind it the stream can be taken up again.</summary>
    End,
}
