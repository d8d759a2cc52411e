using System.Text;
using Godwit.IntegrationTests.Servers;

namespace Godwit.IntegrationTests.Data;

/// <summary>One function library, with a line break, a quote and a character outside ASCII in its text.</summary>
internal static class FunctionLibrary
{
    public const string Name = "godwit_flights";

    private const string Code = """
        #!lua name=godwit_flights
        -- "quoted", and a ü
        redis.register_function('godwit_echo', function(keys, args) return args[1] end)
        redis.register_function{function_name='godwit_get', callback=function(keys, args) return redis.call('GET', keys[1]) end, flags={'no-writes'}}
        """;

    public static void Add(DataWriter writer) => writer.Add("FUNCTION", "LOAD", Encoding.UTF8.GetBytes(Code));

    public static void Load(RespClient client) => client.Call("FUNCTION", "LOAD", Code);
}
