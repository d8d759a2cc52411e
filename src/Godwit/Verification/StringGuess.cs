using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Godwit.Sources.Scan;
using Godwit.Verification.Keyspaces;

namespace Godwit.Verification;

/// <summary>
/// Whether the next keys are likely to be short strings on both sides, and those that were taken for such and are to be asked for again.
/// One task learns and gives back, another asks and takes.
/// </summary>
/// <param name="isPossible">Both sides give short strings as such.</param>
internal sealed class StringGuess(bool isPossible)
{
    private readonly ShortStringForecast _forecast = new();
    private readonly ConcurrentQueue<byte[][]> _wrong = new();
    private volatile bool _expects;

    /// <summary>The next keys are likely to be short strings.</summary>
    public bool Expects => _expects;

    /// <summary>Learns from a key of which everything was asked.</summary>
    public void Learn(in KeyReading source)
    {
        if (!isPossible)
            return;
        _forecast.Add(ShortStringReader.IsShortString(source.Type, source.Value));
        _expects = _forecast.Expects;
    }

    /// <summary>Learns from a key that was taken for a short string, as the source has it.</summary>
    public void LearnOfGuess(in KeyReading source)
    {
        if (source.Presence == KeyPresence.Refused)
            _forecast.WasRefused();
        else
            _forecast.Add(source.Presence == KeyPresence.Present);
        _expects = _forecast.Expects;
    }

    /// <summary>Takes keys of which everything is to be asked after all.</summary>
    public void GiveWrong(byte[][] keys) => _wrong.Enqueue(keys);

    /// <summary>The oldest that <see cref="GiveWrong"/> was given.</summary>
    public bool TryTakeWrong([NotNullWhen(true)] out byte[][]? keys) => _wrong.TryDequeue(out keys);

    /// <summary>Some were given that nobody has taken.</summary>
    public bool HasWrong => !_wrong.IsEmpty;
}
