namespace Godwit.Configuration;

public sealed class SpellingTests
{
    private static readonly string[] Words =
    [
        "--on-existing",
        "--errors",
        "--max-errors",
        "--connections",
        "--read",
        "--retry",
    ];

    [Theory]
    [InlineData("--on-exsting", "--on-existing")]
    [InlineData("--On-Existing", "--on-existing")]
    [InlineData("--erorrs", "--errors")]
    [InlineData("--raed", "--read")]
    [InlineData("--conn", "--connections")]
    public void Nearest_Slip_FindsWord(string word, string meant) => Spelling.Nearest(word, Words).ShouldBe(meant);

    [Theory]
    [InlineData("--password")]
    [InlineData("--re")] // begins two
    [InlineData("x")]
    [InlineData("")]
    public void Nearest_OtherWord_IsNull(string word) => Spelling.Nearest(word, Words).ShouldBeNull();
}
