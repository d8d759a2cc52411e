using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Live.Following;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;
using static Godwit.IntegrationTests.Live.ExpiringHashes;

namespace Godwit.IntegrationTests.Live;

/// <summary>No field of a hash is gone at the target before the source lets it go, and none outlives its time.</summary>
[TakesLong]
public sealed class FieldExpiryTests
{
    private const int PlainKeys = 20_000;

    // What is held back lies further off than this.
    private const long Held = 60_000_000_000_000;

    private static readonly TimeSpan HeldUp = TimeSpan.FromSeconds(2);

    // Packed, as a table, and in pieces; those of the stream appear only there.
    private static readonly string[] OfSnapshot = ["packed", "table", Large];
    private static readonly string[] OfStream = ["new", "new table"];

    [Theory]
    [InlineData(ServerVersion.Redis80, ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Valkey91)]
    [InlineData(ServerVersion.Valkey91, ServerVersion.Redis80)]
    public async Task Follow_RenewedWhileTheTargetIsHeldUp_IsNeverAbsent(ServerVersion from, ServerVersion to)
    {
        await using var source = await RedisServer.StartAsync(from);
        await using var target = await RedisServer.StartAsync(to);
        using var writer = source.Connect();
        using var reader = target.Connect();
        writer.Call("DEBUG", "POPULATE", PlainKeys, "plain", 64);
        foreach (var hash in OfSnapshot)
            Create(writer, hash);
        await using var program = new FollowingProgram(source.Uri, target.Uri);
        await using var watch = new FieldWatch(
            target,
            OfSnapshot.Concat(OfStream).ToDictionary(hash => hash, _ => Renewed, StringComparer.Ordinal)
        );

        program.Start();
        await KeepUntilSnapshotAsync(writer, program);
        await target.SuspendAsync();
        foreach (var hash in OfStream)
            Create(writer, hash);
        Shorten(writer, OfStream);
        await RenewInTimeAsync(writer, [.. OfSnapshot, .. OfStream]);
        await Task.Delay(HeldUp, TestContext.Current.CancellationToken);
        await target.ResumeAsync();
        await program.FollowAsync(reader);
        await ShouldBecomeExactAsync(writer, reader, program, "packed", Large, "new");

        // Once more, now that it had caught up.
        Shorten(writer, [.. OfSnapshot, .. OfStream]);
        await target.SuspendAsync();
        await RenewInTimeAsync(writer, [.. OfSnapshot, .. OfStream]);
        await Task.Delay(HeldUp, TestContext.Current.CancellationToken);
        await target.ResumeAsync();
        await program.CatchUpAsync();

        await watch.ShouldHaveSeenAllAsync(program.Log);
        foreach (var hash in OfSnapshot.Concat(OfStream))
            RunOut.Where(field => reader.Number("HEXISTS", hash, field) == 1).ShouldBeEmpty(program.Log);
        ShouldBeEqual(writer, reader, program);
    }

    /// <summary>A killed run leaves fields held back; whoever resumes it finds them without a list.</summary>
    [Theory]
    [InlineData(ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Resume_KilledWhileFieldsAreHeld_ExpiriesAreExact(ServerVersion version)
    {
        await using var source = await RedisServer.StartAsync(version);
        await using var target = await RedisServer.StartAsync(version);
        using var writer = source.Connect();
        using var reader = target.Connect();
        writer.Call("DEBUG", "POPULATE", PlainKeys / 4, "plain", 64);
        foreach (var hash in OfSnapshot)
            Create(writer, hash);
        await using var program = new FollowingProgram(source.Uri, target.Uri, "--max-keys-per-second", "4000");

        program.Start();
        await Wait.UntilAsync(
            () => OfSnapshot.Any(hash => ExpiryOf(reader, hash, Far) > Held),
            "the snapshot arrives, held back",
            () => program.Log
        );
        await program.KillAsync();
        OfSnapshot.Where(hash => ExpiryOf(reader, hash, Far) > Held).ShouldNotBeEmpty(program.Log);
        program.Start();
        await program.FollowAsync(reader);
        await ShouldBecomeExactAsync(writer, reader, program, OfSnapshot);

        // What expires within a minute stays held while it follows.
        foreach (var hash in OfSnapshot)
            writer.Call("HPEXPIRE", hash, 45_000, "FIELDS", 2, Renewed[0], Renewed[1]);
        await Wait.UntilAsync(
            () => OfSnapshot.All(hash => ExpiryOf(reader, hash, Renewed[1]) > Held),
            "what expires soon is held",
            () => program.Log
        );
        await program.KillAsync();
        foreach (var hash in OfSnapshot)
            writer.Call("HPEXPIRE", hash, Long, "FIELDS", 1, Renewed[0]);
        OfSnapshot.ShouldAllBe(hash => ExpiryOf(reader, hash, Renewed[1]) > Held, program.Log);
        await program.CatchUpAsync();

        ShouldBeEqual(writer, reader, program);
        OfSnapshot.ShouldAllBe(hash => ExpiryOf(reader, hash, Renewed[1]) == ExpiryOf(writer, hash, Renewed[1]));
    }

    /// <summary>The source tells of fields whose time is over, sooner or later; the target does not keep them longer than that.</summary>
    [Theory]
    [InlineData(ServerVersion.Redis80)]
    [InlineData(ServerVersion.Valkey91)]
    public async Task Follow_FieldsWhoseTimeIsOver_AreGone(ServerVersion version)
    {
        await using var source = await RedisServer.StartAsync(version);
        await using var target = await RedisServer.StartAsync(version);
        using var writer = source.Connect();
        using var reader = target.Connect();
        foreach (var hash in OfSnapshot)
            Create(writer, hash);
        await using var program = new FollowingProgram(source.Uri, target.Uri);

        program.Start();
        await program.FollowAsync(reader);
        foreach (var hash in OfSnapshot)
            writer.Call("HPEXPIRE", hash, 500, "FIELDS", 1, "ran out");
        writer.Call("HSET", "all", "one", "1", "two", "2");
        writer.Call("HPEXPIRE", "all", 500, "FIELDS", 2, "one", "two");
        await Wait.UntilAsync(
            () => OfSnapshot.All(hash => reader.Number("HEXISTS", hash, "ran out") == 0),
            "the fields that the source has deleted are gone",
            () => program.Log
        );

        // From here on the source deletes none by itself, and nobody asks it for these.
        writer.Call("DEBUG", "SET-ACTIVE-EXPIRE", 0);
        foreach (var hash in OfSnapshot)
            writer.Call("HPEXPIRE", hash, 500, "FIELDS", 1, "deleted");
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        await program.CatchUpAsync();

        OfSnapshot.Where(hash => reader.Number("HEXISTS", hash, "deleted") == 1).ShouldBeEmpty(program.Log);
        reader.Number("EXISTS", "all").ShouldBe(0, program.Log);
        foreach (var hash in OfSnapshot)
            writer.Number("HEXISTS", hash, "deleted").ShouldBe(0);
        ShouldBeEqual(writer, reader, program);
    }

    [Theory]
    [InlineData(ServerVersion.Redis80, "notify")]
    [InlineData(ServerVersion.Valkey91, "tracking")]
    public async Task FollowByName_RenewedWhileTheTargetIsHeldUp_IsNeverAbsent(ServerVersion version, string follow)
    {
        await using var source = await RedisServer.StartAsync(version, "--notify-keyspace-events", "AE");
        await using var target = await RedisServer.StartAsync(version);
        using var writer = source.Connect();
        using var reader = target.Connect();
        foreach (var hash in OfSnapshot)
            Create(writer, hash);
        await using var run = new FollowedRun(source.Uri, target, "--follow", follow);
        await using var watch = new FieldWatch(
            target,
            OfSnapshot.ToDictionary(hash => hash, _ => Renewed, StringComparer.Ordinal)
        );

        await run.StartAsync(OfSnapshot.Length);
        Shorten(writer, OfSnapshot);
        await Wait.UntilAsync(
            () => OfSnapshot.All(hash => ExpiryOf(reader, hash, Renewed[1]) > Held),
            "what expires soon is held"
        );
        await target.SuspendAsync();
        await RenewInTimeAsync(writer, OfSnapshot);
        await Task.Delay(HeldUp, TestContext.Current.CancellationToken);
        await target.ResumeAsync();
        await run.WriteUntilFollowedAsync(writer);
        await Wait.UntilAsync(
            () => OfSnapshot.All(hash => reader.Number("HEXISTS", hash, "ran out") == 0),
            "the fields that the source has deleted are gone"
        );
        var result = await run.StopAsync();

        await watch.ShouldHaveSeenAllAsync(result.Everything);
        FollowedRun.ShouldBeEqual(writer, reader, result.Everything);
    }

    // However long the program takes to come: the snapshot holds fields that have about two seconds left.
    private static Task KeepUntilSnapshotAsync(RespClient writer, FollowingProgram program) =>
        Wait.UntilAsync(
            () =>
            {
                if (!writer.Text("INFO", "stats").Contains("sync_full:0", StringComparison.Ordinal))
                    return true;
                Shorten(writer, OfSnapshot);
                return false;
            },
            "the source makes a snapshot",
            () => program.Log
        );

    private static Task ShouldBecomeExactAsync(
        RespClient writer,
        RespClient reader,
        FollowingProgram program,
        params string[] hashes
    ) =>
        Wait.UntilAsync(
            () => hashes.All(hash => ExpiryOf(reader, hash, Far) == ExpiryOf(writer, hash, Far)),
            "expiries are exact while it goes on",
            () => program.Log
        );

    private static long ExpiryOf(RespClient client, string hash, string field) =>
        (long)((object?[])client.Call("HPEXPIRETIME", hash, "FIELDS", 1, field)!)[0]!;

    private static void ShouldBeEqual(RespClient writer, RespClient reader, FollowingProgram program)
    {
        var options = LiveComparison.Options(ServerFeatures.Ask(reader));
        var (source, target) = (ServerStateReader.Read(writer), ServerStateReader.Read(reader));
        LiveComparison.ShouldBeNone(ServerComparison.Compare(source, target, options), program.Log);
        program.ShouldHaveLeftNothing(reader);
    }
}
