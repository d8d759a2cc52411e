namespace Godwit.Cli.Terminal;

/// <summary>
/// Lines that pass by, and maybe one row below them that is drawn again and again. Calls may come from any thread.
/// </summary>
internal sealed class StandardErrorRows(TextWriter error)
{
    // Control sequences of ECMA-48: carriage return and "erase in line"; DECTCEM hides and shows the cursor.
    private const string EraseRow = "\r\u001b[2K";
    private const string HideCursor = "\u001b[?25l";
    private const string ShowCursor = "\u001b[?25h";

    private readonly Lock _lock = new();
    private string? _row;

    /// <summary>Writes a line, above the row where there is one.</summary>
    public void WriteLine(string line)
    {
        lock (_lock)
            Write(_row is null ? $"{line}\n" : $"{EraseRow}{line}\n{_row}");
    }

    /// <summary>Makes room for a row. Only on a terminal.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _row = "";
            Write(HideCursor);
        }
    }

    /// <summary>Draws the row; nothing if there is none any more.</summary>
    /// <param name="row">Narrower than the terminal.</param>
    public void Draw(string row)
    {
        lock (_lock)
        {
            if (_row is null)
                return;
            _row = row;
            Write(EraseRow + row);
        }
    }

    /// <summary>Takes the row away and leaves the terminal as it was.</summary>
    public void End()
    {
        lock (_lock)
        {
            if (_row is null)
                return;
            _row = null;
            Write(EraseRow + ShowCursor);
        }
    }

    private void Write(string text)
    {
        try
        {
            error.Write(text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Nowhere is left to say it, and a full disk under the log must not stop a migration.
        }
    }
}
