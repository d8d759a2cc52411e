namespace Godwit.SideBySide.Contenders;

/// <summary>What the results, their limits and the options call the contenders.</summary>
internal static class ContenderNames
{
    public const string Replication = "REPLICAOF";
    public const string CliPipe = "redis-cli --pipe";
    public const string ServerLoad = "server loads the file";
    public const string GodwitSync = "godwit PSYNC → server";
    public const string GodwitFile = "godwit file → server";
    public const string GodwitScan = "godwit SCAN → server";
    public const string GodwitJson = "godwit file → json";
    public const string GodwitLive = "godwit --live";
    public const string GodwitVerify = "godwit verify";
}
