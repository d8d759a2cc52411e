using System.Buffers;
using System.Globalization;

namespace Godwit.SideBySide.Data;

/// <summary>A data set that makes itself, the same each time.</summary>
internal abstract class DataSet
{
    /// <summary>What the options and the results call it.</summary>
    public abstract string Name { get; }

    /// <summary>Tells it from the same data set of another size, in a file's name.</summary>
    public abstract string Size { get; }

    /// <summary>What is in it, for the results.</summary>
    public abstract string Description { get; }

    /// <summary>Values so large that what matters is whether the target still answers.</summary>
    public virtual bool StrainsTheTarget => false;

    /// <summary>Writes the commands that make the data set, and says after some of them how many these were.</summary>
    public abstract IEnumerable<int> Fill(IBufferWriter<byte> output);

    protected static string Grouped(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);
}
