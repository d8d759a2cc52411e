using System.Globalization;
using Godwit.IntegrationTests.Comparison;
using Godwit.IntegrationTests.Data;
using Godwit.IntegrationTests.Running;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Migration.Rights;

/// <summary>A source with keys and an empty target, each with a user whose rights a test chooses.</summary>
internal sealed class LimitedPair : IAsyncDisposable
{
    private const string User = "godwit";
    private const string Secret = "open-sesame";
    private const string Library = "#!lua name=limited\nredis.register_function('limited', function() return 1 end)";

    private readonly RedisServer _source;
    private readonly RedisServer _target;

    private LimitedPair(RedisServer source, RedisServer target)
    {
        (_source, _target) = (source, target);
        (Source, Target) = (source.Connect(), target.Connect());
    }

    /// <summary>To the source, as a user who may do everything.</summary>
    public RespClient Source { get; }

    /// <summary>To the target, as a user who may do everything.</summary>
    public RespClient Target { get; }

    public string SourceUri => UriOf(_source);

    public string TargetUri => UriOf(_target);

    public long TargetKeys => TargetServer.CountKeys(Target);

    /// <summary>Starts both, and gives the users their rights.</summary>
    public static async Task<LimitedPair> StartAsync(
        ServerVersion version,
        string[] atSource,
        string[] atTarget,
        Action<RespClient> fill
    )
    {
        var pair = new LimitedPair(await RedisServer.StartAsync(version), await RedisServer.StartAsync(version));
        fill(pair.Source);
        if (ServerFeatures.Ask(pair.Source).Functions)
            pair.Source.Call("FUNCTION", "LOAD", "REPLACE", Library);
        Change(pair.Source, ["on", ">" + Secret, .. atSource]);
        Change(pair.Target, ["on", ">" + Secret, .. atTarget]);
        return pair;
    }

    /// <summary>Changes a user's rights.</summary>
    public static void Change(RespClient server, params string[] rules) =>
        server.Call(["ACL", "SETUSER", User, .. rules]);

    /// <summary>The target is as it was in the beginning.</summary>
    public void EmptyTarget()
    {
        Target.Call("FLUSHALL");
        Target.Call("FUNCTION", "FLUSH");
    }

    public void ShouldBeEqual(ComparisonOptions options, string more)
    {
        var differences = ServerComparison.Compare(
            ServerStateReader.Read(Source),
            ServerStateReader.Read(Target),
            options
        );
        string.Join('\n', differences).ShouldBeEmpty(more);
    }

    public async ValueTask DisposeAsync()
    {
        Source.Dispose();
        Target.Dispose();
        await _source.DisposeAsync();
        await _target.DisposeAsync();
    }

    private static string UriOf(RedisServer server) =>
        string.Create(CultureInfo.InvariantCulture, $"redis://{User}:{Secret}@127.0.0.1:{server.Port}");
}
