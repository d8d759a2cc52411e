namespace Godwit.Protocol.Commands;

/// <summary>What is to be known of a command in order to pass it on.</summary>
public sealed class CommandSpec
{
    private readonly KeySpec[] _keys;

    /// <summary>Creates the spec of a command that the table does not know: one of a module, as its server tells of it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="treatment">What has to be thought of.</param>
    /// <param name="keys">How its keys are found; at most three.</param>
    public CommandSpec(string name, CommandTreatment treatment, params ReadOnlySpan<KeySpec> keys)
    {
        Name = name;
        Treatment = treatment;
        _keys = keys.ToArray();
    }

    /// <summary>Its name, in capitals.</summary>
    public string Name { get; }

    /// <summary>What has to be thought of.</summary>
    public CommandTreatment Treatment { get; }

    /// <summary>Words that belong to one key, that of the key included; for <see cref="CommandTreatment.CutBySlot"/>.</summary>
    public int WordsPerKey => _keys.Length == 0 ? 0 : _keys[0].Step;

    /// <summary>It can name another database than the selected one: COPY … DB, MOVE, SWAPDB, SELECT.</summary>
    public bool NamesDatabase { get; internal init; }

    /// <summary>Finds the keys of one call.</summary>
    /// <returns>
    /// False if the words do not have this command's form: it is not what the table takes it for, and its keys are unknown.
    /// </returns>
    public bool TryLocateKeys(CommandArguments arguments, out KeyPositions keys)
    {
        keys = default;
        foreach (var spec in _keys)
        {
            if (!spec.TryFind(arguments, ref keys))
                return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
