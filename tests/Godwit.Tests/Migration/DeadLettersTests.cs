using Godwit.Migration;

namespace Godwit.Tests.Migration;

public sealed class DeadLettersTests : IDisposable
{
    private readonly MigrationRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Add_FileIsThere_TakesTheNextNumber()
    {
        File.WriteAllText(_rig.ErrorsFile, "mine");
        File.WriteAllText(_rig.InDirectory("errors.1.ndjson"), "mine too");
        using var letters = new DeadLetters(_rig.ErrorsFile, 10);
        letters.EnsureWritable();
        File.Exists(_rig.InDirectory("errors.2.ndjson")).ShouldBeFalse();
        letters.Any.ShouldBeFalse();

        letters.AddUnread(0, "k"u8, "r", "redis://a:6379");

        letters.Path.ShouldBe(_rig.InDirectory("errors.2.ndjson"));
        File.ReadAllText(_rig.ErrorsFile).ShouldBe("mine");
        File.ReadAllText(_rig.InDirectory("errors.1.ndjson")).ShouldBe("mine too");
        File.ReadAllText(letters.Path)
            .ShouldBe(
                """{"db":0,"key":"k","type":"unknown","size":null,"reason":"r","source":"redis://a:6379"}""" + "\n"
            );
    }

    [Fact]
    public void Add_FileIsEmpty_IsUsedAndNeverDeleted()
    {
        File.WriteAllText(_rig.ErrorsFile, "");
        using (var letters = new DeadLetters(_rig.ErrorsFile, 10))
            letters.EnsureWritable();
        File.Exists(_rig.ErrorsFile).ShouldBeTrue();

        using (var letters = new DeadLetters(_rig.ErrorsFile, 10))
            letters.AddUnread(0, "k"u8, "r", source: null);

        _rig.Failed().ShouldHaveSingleItem();
    }
}
