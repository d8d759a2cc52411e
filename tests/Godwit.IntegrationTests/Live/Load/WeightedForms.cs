namespace Godwit.IntegrationTests.Live.Load;

/// <summary>Chooses among forms, each as often as its weight says.</summary>
internal sealed class WeightedForms
{
    private readonly CommandForm[] _forms;
    private readonly int[] _upTo;

    public WeightedForms(IEnumerable<CommandForm> forms)
    {
        _forms = [.. forms];
        _upTo = new int[_forms.Length];
        var sum = 0;
        for (var i = 0; i < _forms.Length; i++)
            _upTo[i] = sum += _forms[i].Weight;
    }

    public CommandForm Choose(LoadChoices choices)
    {
        var place = Array.BinarySearch(_upTo, choices.Next(_upTo[^1]) + 1);
        return _forms[place >= 0 ? place : ~place];
    }
}
