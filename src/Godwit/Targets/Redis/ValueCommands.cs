using System.Buffers;
using Godwit.Protocol.Rdb;
using Godwit.Protocol.Resp;

namespace Godwit.Targets.Redis;

/// <summary>
/// Turns one decoded value into the commands of its type. Elements are gathered into commands of bounded size, so that no
/// single one holds up the server's event loop. Streams are in the other part of this class.
/// </summary>
internal sealed partial class ValueCommands(TargetProfile profile, Func<long> now) : IValueSink
{
    // A command this long takes a server well under a millisecond.
    private const int MaxCommandElements = 512;
    private const int MaxCommandBytes = 64 * 1024;

    // A buffer that one long element has blown up is not kept.
    private const int KeptBuffer = 1024 * 1024;

    private ArrayBufferWriter<byte> _arguments = new();
    private readonly List<FieldExpiry> _fieldExpiries = [];
    private IBufferWriter<byte> _output = new ArrayBufferWriter<byte>();
    private byte[] _key = [];
    private int _argumentCount;
    private long? _lifetime;
    private Opening _opening;
    private Gathering _gathering;

    private enum Gathering
    {
        Nothing,
        List,
        Set,
        SortedSet,
        Hash,
    }

    // How far the transaction is that makes a key with a lifetime.
    private enum Opening
    {
        IsDue,
        IsOpen,
        IsDone,
    }

    /// <summary>Commands written since <see cref="Begin"/>, each of which is answered.</summary>
    public int Count { get; private set; }

    /// <summary>True if fields were written that expire by themselves.</summary>
    public bool HasFieldExpiries { get; private set; }

    /// <summary>True if the value had field expiries that the target cannot hold; they were left out.</summary>
    public bool LostFieldExpiries { get; private set; }

    /// <summary>True if elements were left out because their own time was over.</summary>
    public bool HasExpiredFields { get; private set; }

    /// <summary>
    /// Begins a value. Its commands go to <paramref name="output"/> and write to <paramref name="key"/>. With a
    /// <paramref name="lifetime"/> in milliseconds the value comes in parts: those of a string are appended, and the first
    /// command is one transaction with PEXPIRE, so that the key is never there without it.
    /// </summary>
    public void Begin(IBufferWriter<byte> output, ReadOnlySpan<byte> key, long? lifetime = null)
    {
        _lifetime = lifetime;
        _opening = lifetime is null ? Opening.IsDone : Opening.IsDue;
        _output = output;
        _key = key.ToArray();
        if (_arguments.Capacity > KeptBuffer)
            _arguments = new ArrayBufferWriter<byte>();
        _arguments.ResetWrittenCount();
        _argumentCount = 0;
        _fieldExpiries.Clear();
        _gathering = Gathering.Nothing;
        Count = 0;
        LostFieldExpiries = false;
        HasFieldExpiries = false;
        HasExpiredFields = false;
        BeginStream();
    }

    /// <summary>Writes what is still gathered. Returns the number of commands since <see cref="Begin"/>; 0 if nothing is left of the value.</summary>
    public int End()
    {
        FlushGathered();
        EndStream();
        EndPart();
        return Count;
    }

    /// <summary>Says that what was written so far is sent now: the last command is complete.</summary>
    public void EndPart()
    {
        if (_opening != Opening.IsOpen)
            return;

        var writer = new RespWriter(_output);
        writer.WriteCommand("PEXPIRE", _key, _lifetime!.Value);
        writer.WriteCommand("EXEC");
        Count += 2;
        _opening = Opening.IsDone;
    }

    void IValueSink.String(ReadOnlySpan<byte> value)
    {
        var command = Command(_lifetime is null ? "SET"u8 : "APPEND"u8, 1);
        command.WriteBulk(value);
    }

    void IValueSink.ListElement(ReadOnlySpan<byte> element)
    {
        new RespWriter(_arguments).WriteBulk(element);
        Gathered(Gathering.List, 1);
    }

    void IValueSink.SetMember(ReadOnlySpan<byte> member)
    {
        new RespWriter(_arguments).WriteBulk(member);
        Gathered(Gathering.Set, 1);
    }

    void IValueSink.SortedSetMember(ReadOnlySpan<byte> member, double score)
    {
        var arguments = new RespWriter(_arguments);
        arguments.WriteBulk(score);
        arguments.WriteBulk(member);
        Gathered(Gathering.SortedSet, 2);
    }

    void IValueSink.HashField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expireAt)
    {
        if (expireAt != IValueSink.NoExpiry)
        {
            if (expireAt <= now())
            {
                HasExpiredFields = true;
                return;
            }

            HasFieldExpiries |= profile.HasFieldExpiry;
            LostFieldExpiries |= !profile.HasFieldExpiry;
            if (profile.HasFieldExpiry)
                _fieldExpiries.Add(new FieldExpiry(expireAt, field.ToArray()));
        }

        var arguments = new RespWriter(_arguments);
        arguments.WriteBulk(field);
        arguments.WriteBulk(value);
        Gathered(Gathering.Hash, 2);
    }

    void IValueSink.Module(ulong moduleId, ReadOnlySpan<byte> value) =>
        throw new InvalidOperationException("a module's value has no commands that we could know");

    private void Gathered(Gathering what, int arguments)
    {
        _gathering = what;
        _argumentCount += arguments;
        if (_argumentCount >= MaxCommandElements || _arguments.WrittenCount >= MaxCommandBytes)
            FlushGathered();
    }

    private void FlushGathered()
    {
        if (_argumentCount == 0)
            return;

        var name = _gathering switch
        {
            Gathering.List => "RPUSH"u8,
            Gathering.Set => "SADD"u8,
            Gathering.SortedSet => "ZADD"u8,
            _ => "HSET"u8,
        };
        Command(name, _argumentCount).WriteRaw(_arguments.WrittenSpan);
        _arguments.ResetWrittenCount();
        _argumentCount = 0;
        FlushFieldExpiries();
    }

    // One command for each run of fields that expire at the same moment.
    private void FlushFieldExpiries()
    {
        for (var start = 0; start < _fieldExpiries.Count; )
        {
            var expireAt = _fieldExpiries[start].ExpireAt;
            var end = start + 1;
            while (end < _fieldExpiries.Count && _fieldExpiries[end].ExpireAt == expireAt)
                end++;

            var command = Command("HPEXPIREAT"u8, 3 + end - start);
            command.WriteBulk(expireAt);
            command.WriteBulk("FIELDS"u8);
            command.WriteBulk(end - start);
            for (; start < end; start++)
                command.WriteBulk(_fieldExpiries[start].Field);
        }

        _fieldExpiries.Clear();
    }

    // Writes the head of a command on the key, and gives the writer for the arguments after it.
    private RespWriter Command(ReadOnlySpan<byte> name, int argumentsAfterKey)
    {
        var writer = NextCommand(2 + argumentsAfterKey);
        writer.WriteBulk(name);
        writer.WriteBulk(_key);
        return writer;
    }

    // Every command begins here.
    private RespWriter NextCommand(int words)
    {
        var writer = new RespWriter(_output);
        if (_opening == Opening.IsDue)
        {
            writer.WriteCommand("MULTI");
            Count++;
            _opening = Opening.IsOpen;
        }
        else
        {
            EndPart();
        }

        writer.WriteArrayHeader(words);
        Count++;
        return writer;
    }

    private readonly record struct FieldExpiry(long ExpireAt, byte[] Field);
}
