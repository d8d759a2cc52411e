using Godwit.Configuration;

namespace Godwit.Tests.Configuration;

public sealed class ShellWordsTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "''")]
    [InlineData("two words", "'two words'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("$HOME", "'$HOME'")]
    public void Quote_Word_IsOneWordToAShell(string word, string expected) => ShellWords.Quote(word).ShouldBe(expected);

    [Fact]
    public void Split_WhatQuoteMade_GivesTheSameWords()
    {
        string[] words = ["a", "", "b c", "it's", "''", @"back\slash", " ", "--x=y z", "'"];

        ShellWords.Split(string.Join(' ', words.Select(ShellWords.Quote))).ShouldBe(words);
    }
}
