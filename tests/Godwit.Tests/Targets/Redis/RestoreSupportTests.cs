using Godwit.Protocol.Rdb;
using Godwit.Targets.Redis;

namespace Godwit.Tests.Targets.Redis;

public sealed class RestoreSupportTests
{
    private static readonly RestoreSupport Redis60 = Of(
        RdbFamily.Redis,
        [6, 7, 8, 9],
        [16, 17, 18, 19, 20, 21, 24, 25]
    );
    private static readonly RestoreSupport Redis70 = Of(RdbFamily.Redis, [6, 7, 8, 9, 10], [20, 21, 24, 25]);
    private static readonly RestoreSupport Redis80 = Of(RdbFamily.Redis, [6, 7, 8, 9, 10, 11, 12], []);
    private static readonly RestoreSupport Valkey81 = Of(RdbFamily.Redis, [6, 7, 8, 9, 10, 11], [24, 25]);
    private static readonly RestoreSupport Valkey91 = Of(RdbFamily.Valkey, [6, 7, 8, 9, 10, 11, 80], []);

    public static TheoryData<string, int, string, int, int?> Cases =>
        new()
        {
            // Target, type, family and version of the source, signature.
            { "redis-6.0", 0, "Redis", 9, 9 },
            { "redis-6.0", 0, "Redis", 12, 9 },
            { "redis-6.0", 0, "Valkey", 80, 9 },
            { "redis-6.0", 18, "Redis", 10, null },
            { "redis-6.0", 15, "Redis", 9, 9 },
            { "redis-7.0", 13, "Redis", 9, 9 },
            { "redis-7.0", 18, "Redis", 12, 10 },
            { "redis-7.0", 20, "Redis", 12, null },
            { "redis-7.0", 21, "Valkey", 80, null },
            { "redis-7.0", 24, "Redis", 12, null },
            { "redis-8.0", 24, "Redis", 12, 12 },
            { "redis-8.0", 22, "Valkey", 80, null },
            { "redis-8.0", 21, "Valkey", 80, 11 },
            { "redis-8.0", 28, "Redis", 14, null },
            { "valkey-8.1", 21, "Redis", 12, 11 },
            { "valkey-8.1", 24, "Redis", 12, null },
            { "valkey-8.1", 22, "Valkey", 80, null },
            { "valkey-9.1", 22, "Valkey", 80, 80 },
            { "valkey-9.1", 22, "Redis", 12, null },
            { "valkey-9.1", 24, "Redis", 12, null },
            { "valkey-9.1", 21, "Redis", 12, 11 },
            { "valkey-9.1", 7, "Redis", 12, 11 },
            { "none", 0, "Redis", 9, null },
        };

    [Theory]
    [MemberData(nameof(Cases))]
    public void SignatureFor_Pair_IsOneThatTheTargetTakes(
        string target,
        int type,
        string family,
        int number,
        int? expected
    )
    {
        var support = target switch
        {
            "redis-6.0" => Redis60,
            "redis-7.0" => Redis70,
            "redis-8.0" => Redis80,
            "valkey-8.1" => Valkey81,
            "valkey-9.1" => Valkey91,
            _ => RestoreSupport.None,
        };

        support.SignatureFor((RdbType)type, new RdbVersion(Enum.Parse<RdbFamily>(family), number)).ShouldBe(expected);
    }

    private static RestoreSupport Of(RdbFamily family, HashSet<int> versions, byte[] refused) =>
        new(versions, refused.Select(type => (RdbType)type).ToHashSet(), family);
}
