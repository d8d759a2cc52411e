using Godwit.SideBySide.Data;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Measuring;

/// <summary>What all contenders of a data set find: the same files, and a source that holds them.</summary>
/// <param name="Data">The data set.</param>
/// <param name="Files">The data set as files.</param>
/// <param name="Source">A server that has loaded the file.</param>
/// <param name="Keyspace">What the source holds, and the target has to hold at the end.</param>
/// <param name="Program">What targets are started from.</param>
/// <param name="Godwit">The program's <c>godwit.dll</c>.</param>
/// <param name="Directories">Where runs take place.</param>
internal sealed record Setting(
    DataSet Data,
    DataFiles Files,
    Server Source,
    Keyspace Keyspace,
    ServerProgram Program,
    string Godwit,
    WorkDirectories Directories
);
