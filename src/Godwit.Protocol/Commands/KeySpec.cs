using Godwit.Protocol.Resp;

namespace Godwit.Protocol.Commands;

/// <summary>How some of a command's keys are found among its words.</summary>
/// <remarks>
/// The same notions as in the answer to COMMAND (<c>src/server.h</c>, keySpec): a place to begin, by index or by keyword, and
/// from there a range of words or a count with so many keys behind it.
/// </remarks>
public sealed class KeySpec
{
    private readonly Form _form;
    private readonly int _begin;
    private readonly int _last;
    private readonly int _step;
    private readonly KeyAccess _access;
    private readonly bool _optional;
    private readonly KeywordSearch? _search;

    private KeySpec(
        Form form,
        int begin,
        int last,
        int step,
        KeyAccess access,
        bool optional = false,
        KeywordSearch? search = null
    )
    {
        _optional = optional;
        _form = form;
        _begin = begin;
        _last = last;
        _step = step;
        _access = access;
        _search = search;
    }

    private enum Form
    {
        Range,
        Counted,
        AfterKeyword,
        HalfAfterKeyword,
    }

    /// <summary>Words from one key to the next.</summary>
    public int Step => _step;

    /// <summary>Keys from one word to another.</summary>
    /// <param name="first">Index of the first key, 1 and up.</param>
    /// <param name="last">Index of the last key; negative from the end, -1 is the last word.</param>
    /// <param name="step">Words from one key to the next, 1 and up.</param>
    /// <param name="access">What the command does with them.</param>
    /// <param name="optional">There need not be any.</param>
    public static KeySpec Range(int first, int last, int step, KeyAccess access, bool optional = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        return new(Form.Range, first, last, step, access, optional);
    }

    /// <summary>One key.</summary>
    public static KeySpec At(int index, KeyAccess access) => Range(index, index, step: 1, access);

    /// <summary>A number of keys, and then so many keys.</summary>
    /// <param name="count">Index of the number, 1 and up; the first key is the word behind it.</param>
    /// <param name="step">Words from one key to the next, 1 and up.</param>
    /// <param name="access">What the command does with them.</param>
    public static KeySpec Counted(int count, int step, KeyAccess access)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        return new(Form.Counted, count, last: 0, step, access);
    }

    /// <summary>Keys behind a keyword: one, or all up to the command's end.</summary>
    internal static KeySpec AfterKeyword(KeywordSearch search, bool toTheEnd, KeyAccess access) =>
        new(Form.AfterKeyword, 0, last: toTheEnd ? -1 : 0, step: 1, access, search: search);

    /// <summary>Keys behind a keyword, with as many other words behind them.</summary>
    internal static KeySpec HalfAfterKeyword(KeywordSearch search, KeyAccess access) =>
        new(Form.HalfAfterKeyword, 0, last: 0, step: 1, access, search: search);

    /// <summary>Finds them.</summary>
    /// <returns>False if the command has not the form that this says.</returns>
    internal bool TryFind(CommandArguments arguments, ref KeyPositions positions)
    {
        switch (_form)
        {
            case Form.Range:
                var end = _last < 0 ? arguments.Count + _last + 1 : _last + 1;
                if (_optional && _begin == arguments.Count)
                    return true;
                if (_begin >= end || end > arguments.Count || (end - _begin) % _step != 0)
                    return false;
                positions.Add(new KeyRange(_begin, end, _step, _access));
                return true;

            case Form.Counted:
                return TryFindCounted(arguments, ref positions);

            default:
                // Without the keyword there are none of these keys.
                var keyword = _search!.Find(arguments);
                if (keyword < 0)
                    return true;
                return TryFindBehind(keyword, arguments, ref positions);
        }
    }

    private bool TryFindCounted(CommandArguments arguments, ref KeyPositions positions)
    {
        if (
            _begin >= arguments.Count
            || !RespNumber.TryParse(arguments[_begin], out long count)
            || count < 0
            || count > (arguments.Count - _begin - 1) / _step
        )
        {
            return false;
        }

        var first = _begin + 1;
        positions.Add(new KeyRange(first, first + ((int)count * _step), _step, _access));
        return true;
    }

    private bool TryFindBehind(int keyword, CommandArguments arguments, ref KeyPositions positions)
    {
        var first = keyword + 1;
        var rest = arguments.Count - first;
        if (rest == 0)
            return false;

        if (_form == Form.HalfAfterKeyword)
        {
            if (rest % 2 != 0)
                return false;
            positions.Add(new KeyRange(first, first + (rest / 2), 1, _access));
            return true;
        }

        positions.Add(new KeyRange(first, _last < 0 ? arguments.Count : first + 1, 1, _access));
        return true;
    }
}
