namespace Godwit.Cli;

/// <summary>What the program's exit code says; scripts rely on it.</summary>
internal static class ExitCode
{
    /// <summary>Done, all of it.</summary>
    public const int Done = 0;

    /// <summary>Done, but keys failed, or differ.</summary>
    public const int Partial = 1;

    /// <summary>The command line or the configuration is wrong; nothing was touched.</summary>
    public const int Usage = 2;

    /// <summary>Refused before the first write.</summary>
    public const int Refused = 3;

    /// <summary>Broke off midway.</summary>
    public const int BrokeOff = 4;

    /// <summary>Stopped by SIGHUP, since its terminal went away.</summary>
    public const int HungUp = 129;

    /// <summary>Stopped by SIGINT: 128 and the signal's number, as shells count.</summary>
    public const int Interrupted = 130;

    /// <summary>Stopped by SIGTERM.</summary>
    public const int Terminated = 143;
}
