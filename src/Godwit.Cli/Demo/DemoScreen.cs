using Godwit.Cli.Terminal;

namespace Godwit.Cli.Demo;

/// <summary>What the demo shows: numbered steps with short lines below each, 80 columns wide.</summary>
internal sealed class DemoScreen(TextWriter output, Ink ink)
{
    private const int Columns = 80;
    private const string Indent = "     ";
    private const int NameColumns = 11;
    private const int MostDifferences = 10;

    private int _step;

    /// <summary>Begins a step.</summary>
    public void Step(string title) =>
        output.WriteLine($"{(_step == 0 ? "" : "\n")}{ink.Bold($"  {++_step}. {title}")}");

    /// <summary>A line of the step: a word, and what there is to say of it, in more lines where one is too short.</summary>
    public void Line(string name, string text)
    {
        foreach (var line in Words.Wrap(text, Columns - Indent.Length - NameColumns))
        {
            output.WriteLine($"{Indent}{name.PadRight(NameColumns)}{line}");
            name = "";
        }
    }

    /// <summary>A line of the step as it is.</summary>
    public void Line(string text) => output.WriteLine($"{Indent}{text}");

    /// <summary>The table of what was compared.</summary>
    public void Types(ComparisonResult result)
    {
        foreach (var type in result.Types)
        {
            Row(
                type.Type,
                type.Keys,
                type.Parts == type.Keys ? "" : $"{Quantity.Count(type.Parts)} elements",
                type.Different == 0 ? ink.Green("equal") : ink.Red($"{Quantity.Count(type.Different)} differ")
            );
        }
    }

    /// <summary>The keys that differ, up to a few.</summary>
    public void Differences(IReadOnlyList<KeyDifference> differences)
    {
        foreach (var difference in differences.Take(MostDifferences))
            output.WriteLine($"{Indent}{difference}");
        if (differences.Count > MostDifferences)
            output.WriteLine($"{Indent}... and {Quantity.Count(differences.Count - MostDifferences)} more");
    }

    /// <summary>How it came out.</summary>
    public void Verdict(bool isGood, string word, string text)
    {
        output.WriteLine();
        var indent = $"  {(isGood ? ink.Green(word) : ink.Red(word))} ";
        foreach (var line in Words.Wrap(text, Columns - 3 - word.Length))
        {
            output.WriteLine($"{indent}{line}");
            indent = new string(' ', 3 + word.Length);
        }
    }

    private void Row(string name, long keys, string parts, string verdict) =>
        output.WriteLine($"{Indent}{name.PadRight(NameColumns)}{Quantity.Keys(keys), 11}  {parts, 14}   {verdict}");
}
