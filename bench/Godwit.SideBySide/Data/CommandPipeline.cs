using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Godwit.Protocol.Resp;
using Godwit.SideBySide.Servers;

namespace Godwit.SideBySide.Data;

/// <summary>Sends many commands to a server without waiting for each, and reads all replies; none may be an error.</summary>
internal static class CommandPipeline
{
    private const int SendAt = 256 * 1024;

    // What comes back for the last command, an ECHO, so that the reading half knows when it is done.
    private static ReadOnlySpan<byte> LastReply => "$12\r\nthat was all\r\n"u8;

    /// <summary>Sends all commands of a data set.</summary>
    /// <exception cref="BenchException">The server has answered one of them with an error.</exception>
    public static async Task FillAsync(int port, DataSet data, CancellationToken cancellationToken)
    {
        using var socket = ServerConnection.NewSocket();
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var replies = ReadAsync(socket, failed);
        var commands = 0L;
        try
        {
            commands = await SendAsync(socket, data, failed.Token);
        }
        catch (OperationCanceledException) when (replies.IsFaulted)
        {
            await replies;
        }

        var read = await replies;
        if (read != commands)
            throw new BenchException($"{commands} commands got {read} replies.");
    }

    private static async Task<long> SendAsync(Socket socket, DataSet data, CancellationToken cancellationToken)
    {
        var commands = 0L;
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var written in data.Fill(buffer))
        {
            commands += written;
            if (buffer.WrittenCount >= SendAt)
                await FlushAsync(socket, buffer, cancellationToken);
        }

        new RespWriter(buffer).WriteCommand("ECHO", "that was all");
        await FlushAsync(socket, buffer, cancellationToken);
        return commands;
    }

    private static async Task FlushAsync(
        Socket socket,
        ArrayBufferWriter<byte> buffer,
        CancellationToken cancellationToken
    )
    {
        for (var sent = 0; sent < buffer.WrittenCount; )
            sent += await socket.SendAsync(buffer.WrittenMemory[sent..], cancellationToken);
        buffer.ResetWrittenCount();
    }

    private static async Task<long> ReadAsync(Socket socket, CancellationTokenSource failed)
    {
        var replies = 0L;
        var buffer = new byte[1 << 20];
        var count = 0;
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(count), failed.Token) is var read and > 0)
            {
                count += read;
                count -= Pass(buffer, count, ref replies, out var ended);
                if (ended)
                    return replies;
            }

            throw new IOException("The server has closed the connection.");
        }
        catch
        {
            await failed.CancelAsync();
            throw;
        }
    }

    private static int Pass(byte[] buffer, int count, ref long replies, out bool ended)
    {
        var passed = 0;
        ended = false;
        while (!ended && RespReader.TryMeasure(buffer.AsSpan(passed, count - passed), out var length))
        {
            if (buffer[passed] == (byte)RespKind.Error)
                throw new BenchException(
                    $"A command was answered: {RespValue.Parse(buffer.AsSpan(passed, length)).Text}"
                );
            ended = buffer.AsSpan(passed, length).SequenceEqual(LastReply);
            passed += length;
            if (!ended)
                replies++;
        }

        buffer.AsSpan(passed, count - passed).CopyTo(buffer);
        return passed;
    }
}
