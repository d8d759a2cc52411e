namespace Godwit.Cli.Terminal;

/// <summary>Colours for a few words, on a terminal that wants them.</summary>
/// <param name="isOn">False leaves every text as it is.</param>
internal readonly struct Ink(bool isOn)
{
    /// <summary>Colours only on a terminal, never with <c>NO_COLOR</c> (https://no-color.org) or on a dumb one.</summary>
    public static Ink For(bool isTerminal, Surroundings surroundings) =>
        new(isTerminal && string.IsNullOrEmpty(surroundings.Environment("NO_COLOR")) && !IsDumb(surroundings));

    /// <summary>A terminal that cannot move its cursor.</summary>
    public static bool IsDumb(Surroundings surroundings) => surroundings.Environment("TERM") is null or "" or "dumb";

    public bool IsOn => isOn;

    public string Red(string text) => Paint("31", text);

    public string Green(string text) => Paint("32", text);

    public string Yellow(string text) => Paint("33", text);

    public string Dim(string text) => Paint("2", text);

    public string Bold(string text) => Paint("1", text);

    private string Paint(string code, string text) => isOn ? $"\u001b[{code}m{text}\u001b[0m" : text;
}
