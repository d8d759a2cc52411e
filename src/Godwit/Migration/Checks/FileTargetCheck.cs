using Godwit.Endpoints;

namespace Godwit.Migration.Checks;

/// <summary>A file that is there already is left alone.</summary>
internal static class FileTargetCheck
{
    /// <summary>Looks at the target's file.</summary>
    public static Finding Of(JsonEndpoint target)
    {
        if (target.Path == JsonEndpoint.StandardOutput)
            return Finding.Ok(CheckNames.NotEmpty, "The target is standard output");

        // A pipe or a device such as /dev/null is there already, and has nothing in it that could be lost.
        var existing = new FileInfo(target.Path);
        return existing is { Exists: true, Length: > 0 }
            ? Finding.Stop(
                CheckNames.NotEmpty,
                $"{target.Path} is there already and is not empty",
                "Name another file, or delete this one first."
            )
            : Finding.Ok(CheckNames.NotEmpty, $"{target.Path} is not there yet");
    }
}
