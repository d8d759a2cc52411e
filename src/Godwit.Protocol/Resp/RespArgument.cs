using System.Diagnostics.CodeAnalysis;

namespace Godwit.Protocol.Resp;

/// <summary>One word of a command, made from text, bytes or a number, so that a command reads as one types it.</summary>
[SuppressMessage("Usage", "CA2225", Justification = "The constructors are the named alternates of the conversions.")]
[SuppressMessage("Performance", "CA1815", Justification = "Arguments are written, never compared.")]
public readonly struct RespArgument
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly double _double;
    private readonly long _integer;
    private readonly Form _form;

    /// <summary>Text, written as UTF-8.</summary>
    public RespArgument(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Text = text;
        _form = Form.Text;
    }

    /// <summary>Bytes, written as they are. They are not copied.</summary>
    public RespArgument(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        _form = Form.Bytes;
    }

    /// <summary>An integer, written in decimal.</summary>
    public RespArgument(long integer)
    {
        _integer = integer;
        _form = Form.Integer;
    }

    /// <summary>A double, written as the shortest text that reads back to it.</summary>
    public RespArgument(double number)
    {
        _double = number;
        _form = Form.Double;
    }

    private enum Form : byte
    {
        Bytes,
        Text,
        Integer,
        Double,
    }

    /// <summary>The text, where it was made from text; else null.</summary>
    public string? Text { get; }

    /// <summary>Text, written as UTF-8.</summary>
    public static implicit operator RespArgument(string text) => new(text);

    /// <summary>Bytes, written as they are. They are not copied.</summary>
    public static implicit operator RespArgument(byte[] bytes) => new(bytes.AsMemory());

    /// <summary>Bytes, written as they are. They are not copied.</summary>
    public static implicit operator RespArgument(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>An integer, written in decimal.</summary>
    public static implicit operator RespArgument(long integer) => new(integer);

    /// <summary>An integer, written in decimal.</summary>
    public static implicit operator RespArgument(int integer) => new((long)integer);

    /// <summary>A double, written as the shortest text that reads back to it.</summary>
    public static implicit operator RespArgument(double number) => new(number);

    internal void WriteTo(RespWriter writer)
    {
        switch (_form)
        {
            case Form.Text:
                writer.WriteBulk(Text!);
                break;
            case Form.Integer:
                writer.WriteBulk(_integer);
                break;
            case Form.Double:
                writer.WriteBulk(_double);
                break;
            default:
                writer.WriteBulk(_bytes.Span);
                break;
        }
    }
}
