using System.Text;
using Godwit.Live.Lanes;

namespace Godwit.Tests.Live.Lanes;

public sealed class RereadKeysTests
{
    private readonly RereadKeys _keys = new();

    [Fact]
    public void Knows_ChangeUpToWhereTheKeyWasRead_IsKnown()
    {
        _keys.Add(Key(1), 100);
        _keys.Passed(90);

        _keys.Knows(Key(1), 100).ShouldBeTrue();
        _keys.Knows(Key(1), 101).ShouldBeFalse();
        _keys.Knows(Key(2), 100).ShouldBeFalse();
    }

    [Fact]
    public void Passed_LastOfAll_ForgetsAll()
    {
        _keys.Add(Key(1), 100);
        _keys.Passed(101);

        _keys.Any.ShouldBeFalse();
        _keys.Through.ShouldBe(100);
    }

    // Of a source that goes on writing, each batch has keys that are read anew, ahead of it.
    [Fact]
    public void Passed_SomeAreAheadAllTheTime_ThoseBehindAreForgotten()
    {
        const int Ahead = 500;
        for (var offset = 0; offset < 200_000; offset++)
        {
            _keys.Add(Key(offset), offset + Ahead);
            _keys.Passed(offset);
            _keys.Knows(Key(Math.Max(0, offset - Ahead + 1)), offset + 1).ShouldBeTrue();
        }

        _keys.Keys.Count.ShouldBeLessThan(20 * Ahead);
    }

    private static DatabaseKey Key(int number) => DatabaseKey.Of(0, Encoding.ASCII.GetBytes($"key {number}"));
}
