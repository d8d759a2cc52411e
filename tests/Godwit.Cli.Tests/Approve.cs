namespace Godwit.Cli;

/// <summary>
/// Compares a screen with the text that was approved for it, <c>Approved/NAME.txt</c> beside this file. To renew the texts, run
/// the tests with <c>GODWIT_APPROVE=1</c> in the environment, and read the difference before you commit it.
/// </summary>
internal static class Approve
{
    public static void Screen(string name, string text)
    {
        var path = Path.Combine(Folder(), $"{name}.txt");
        if (Environment.GetEnvironmentVariable("GODWIT_APPROVE") is "1")
            File.WriteAllText(path, text);
        File.Exists(path).ShouldBeTrue($"{path} is missing. Run the tests with GODWIT_APPROVE=1 to write it.");
        text.ShouldBe(File.ReadAllText(path), "Run the tests with GODWIT_APPROVE=1 if the new text is meant.");
    }

    private static string Folder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Godwit.Cli.Tests.csproj")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The tests run outside of their project.");
        return Path.Combine(folder.FullName, "Approved");
    }
}
