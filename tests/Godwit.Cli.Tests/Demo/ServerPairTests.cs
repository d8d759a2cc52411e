namespace Godwit.Cli.Demo;

public sealed class ServerPairTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("redis 7.0.15", "redis 7.0.15 > redis 7.0.15")]
    [InlineData("redis 6.0.16,redis 8.0.2,redis 7.0.15", "redis 8.0.2 > redis 7.0.15")]
    [InlineData("valkey 8.1.1,valkey 9.1.2", "valkey 9.1.2 > valkey 8.1.1")]
    [InlineData("valkey 8.1.1,redis 7.0.15", "redis 7.0.15 > valkey 8.1.1")]
    [InlineData("redis 6.0.16,redis 8.0.2,valkey 8.1.1,valkey 9.1.2", "redis 8.0.2 > valkey 9.1.2")]
    public void Choose_Programs_TakesThePairThatShowsMost(string programs, string? expected)
    {
        var all = programs
            .Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(program => program.Split(' '))
            .Select(words => new ServerProgram("/bin/server", words[0], Version.Parse(words[1])))
            .ToList();

        var pair = ServerPair.Choose(all);

        (pair is null ? null : $"{pair.Source.DisplayName} > {pair.Target.DisplayName}").ShouldBe(expected);
    }

    [Theory]
    [InlineData("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=e08d", "redis 7.0.15")]
    [InlineData("Valkey server v=9.1.2 sha=00000000:0 malloc=jemalloc-5.3.1 bits=64 build=9108", "valkey 9.1.2")]
    [InlineData("Redis server v=5.0.14 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=e08d", null)]
    [InlineData("usage: something else", null)]
    [InlineData("", null)]
    public void Parse_VersionLine_IsWhatTheServerSays(string text, string? expected) =>
        (ServerProgram.Parse("/bin/server", text)?.DisplayName).ShouldBe(expected);
}
