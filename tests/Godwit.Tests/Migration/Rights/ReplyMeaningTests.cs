using Godwit.Migration.Rights;

namespace Godwit.Tests.Migration.Rights;

public sealed class ReplyMeaningTests
{
    // As servers of 6.0, 7.0, 8.0 and Valkey 9.1 say it.
    [Theory]
    [InlineData("NOPERM this user has no permissions to run the 'psync' command or its subcommand", 3)]
    [InlineData("NOPERM this user has no permissions to run the 'restore' command", 3)]
    [InlineData("NOPERM User lim has no permissions to run the 'function|load' command", 3)]
    [InlineData("NOPERM this user has no permissions to access one of the keys used as arguments", 2)]
    [InlineData("NOPERM No permissions to access a key", 2)]
    [InlineData("ERR unknown command 'PSYNC'", 4)]
    [InlineData("ERR unknown command `FUNCTION`", 4)]
    [InlineData("ERR Unknown subcommand or wrong number of arguments for 'DRYRUN'. Try ACL HELP.", 4)]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.", 5)]
    [InlineData("READONLY You can't write against a read only replica.", 5)]
    [InlineData("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to", 5)]
    [InlineData("MOVED 3999 127.0.0.1:6381", 1)]
    [InlineData("WRONGTYPE Operation against a key holding the wrong kind of value", 0)]
    [InlineData("", 0)]
    public void Of_Error_IsWhatItSaysOfRights(string error, int meaning) =>
        ReplyMeaning.Of(error).ShouldBe((Permission)meaning);
}
