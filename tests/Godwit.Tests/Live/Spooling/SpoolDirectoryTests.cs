using Godwit.Live.Spooling;

namespace Godwit.Tests.Live.Spooling;

public sealed class SpoolDirectoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("godwit-test-").FullName;

    private string Inside => Path.Combine(_root, "spool");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Open_NotThere_IsCreatedForItsOwnerAloneAndGoneAfterwards()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
        using (var directory = SpoolDirectory.Open(Inside, 100))
        {
            using var file = directory.CreateSegment(directory.NextSpoolName(), 0);

            ModeOf(Inside).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            ModeOf(Directory.GetFiles(Inside, "*.segment").ShouldHaveSingleItem())
                .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        Directory.Exists(Inside).ShouldBeFalse();
    }

    [Fact]
    public void Open_WhatAKilledRunLeft_IsDeletedAndNothingElse()
    {
        Directory.CreateDirectory(Inside);
        File.WriteAllText(Path.Combine(Inside, "godwit-spool-1-0.segment"), "user data");
        File.WriteAllText(Path.Combine(Inside, "notes.segment"), "not ours");
        File.WriteAllText(Path.Combine(Inside, "godwit-spool-1-0.txt"), "not ours");

        using (SpoolDirectory.Open(Inside, 100))
            File.Exists(Path.Combine(Inside, "godwit-spool-1-0.segment")).ShouldBeFalse();

        Directory
            .GetFiles(Inside)
            .Select(Path.GetFileName)
            .ShouldBe(["notes.segment", "godwit-spool-1-0.txt"], ignoreOrder: true);
    }

    [Fact]
    public void Open_InUse_IsRefused()
    {
        using var first = SpoolDirectory.Open(Inside, 100);

        var error = Should.Throw<SpoolException>(() => SpoolDirectory.Open(Inside, 100));

        error.Message.ShouldContain("another process");
        error.WhatToDo!.ShouldContain("--spool");
    }

    [Fact]
    public void Open_NoDirectory_IsRefused()
    {
        File.WriteAllText(Inside, "a file");

        Should.Throw<SpoolException>(() => SpoolDirectory.Open(Inside, 100)).WhatToDo!.ShouldContain("--spool");
    }

    [Fact]
    public void CreateSegment_NameIsTaken_IsRefused()
    {
        using var directory = SpoolDirectory.Open(Inside, 100);
        File.WriteAllText(Path.Combine(Inside, "godwit-spool-1-0.segment"), "foreign");

        Should.Throw<IOException>(() => directory.CreateSegment("1", 0));

        File.ReadAllText(Path.Combine(Inside, "godwit-spool-1-0.segment")).ShouldBe("foreign");
    }

    [Fact]
    public void TryReserve_Bound_IsNeverPassed()
    {
        using var directory = SpoolDirectory.Open(Inside, 100);

        directory.TryReserve(60).ShouldBeTrue();
        directory.TryReserve(41).ShouldBeFalse();
        directory.TryReserve(40).ShouldBeTrue();
        directory.GiveBack(60);

        directory.Used.ShouldBe(40);
    }

    private static UnixFileMode ModeOf(string path) =>
        OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);
}
