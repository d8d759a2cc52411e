namespace Godwit.Cli.Demo;

/// <summary>Files of this folder that are part of the program.</summary>
internal static class EmbeddedFile
{
    /// <summary>Opens one by its name.</summary>
    public static Stream Open(string name) =>
        typeof(EmbeddedFile).Assembly.GetManifestResourceStream($"demo/{name}")
        ?? throw new InvalidOperationException($"{name} is not part of the program");

    /// <summary>Writes one to a new file.</summary>
    public static async Task CopyAsync(string name, string path, CancellationToken cancellationToken)
    {
        var embedded = Open(name);
        await using var endOfEmbedded = embedded.ConfigureAwait(false);
        var file = new FileStream(path, FileMode.CreateNew);
        await using var endOfFile = file.ConfigureAwait(false);
        await embedded.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
    }
}
