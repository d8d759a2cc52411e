using System.IO.Enumeration;
using System.Text;
using Godwit.Endpoints;
using Godwit.Migration;

namespace Godwit.Dynomite;

/// <summary>Reads what a command line's <c>dynomite:</c> URIs name: configurations, descriptions, and nodes that are asked.</summary>
internal sealed class DynomiteTopology(HttpMessageHandler? handler = null)
{
    // A node's configuration is a page, a description a line for each node.
    private const int LongestText = 4 * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly string[] Extensions = [".yml", ".yaml", ".json"];

    private readonly List<DynomiteConf> _confs = [];
    private readonly List<(string, IReadOnlyList<DynomiteSeed>)> _descriptions = [];

    /// <summary>Reads all of them as one cluster.</summary>
    /// <exception cref="RefusedException">One cannot be read, or is none.</exception>
    public async Task<DynomiteRing> ReadAsync(
        IReadOnlyList<DynomiteEndpoint> endpoints,
        CancellationToken cancellationToken
    )
    {
        foreach (var endpoint in endpoints)
        {
            if (endpoint.Path is { } path)
            {
                foreach (var file in Find(path))
                    await ReadFileAsync(file, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                var text = await AskAsync(endpoint, cancellationToken).ConfigureAwait(false);
                _descriptions.Add((endpoint.ToString(), ClusterDescription.Read(text, endpoint.ToString())));
            }
        }

        return DynomiteRing.Of(
            _confs,
            _descriptions,
            endpoints.Select(endpoint => endpoint.RedisPort).FirstOrDefault(port => port is not null)
        );
    }

    private async Task ReadFileAsync(string file, CancellationToken cancellationToken)
    {
        string text;
        try
        {
            if (new FileInfo(file).Length > LongestText)
                throw Unreadable(file, "it is far too long for one", null);
            text = await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(file, exception.Message, exception);
        }

        if (text.AsSpan().TrimStart().StartsWith("{"))
            _descriptions.Add((file, ClusterDescription.Read(text, file)));
        else
            _confs.Add(DynomiteConfReader.Read(text, file));
    }

    private async Task<string> AskAsync(DynomiteEndpoint endpoint, CancellationToken cancellationToken)
    {
        using var owned = handler is null ? new SocketsHttpHandler { UseProxy = false } : null;
        using var client = new HttpClient(handler ?? owned!, disposeHandler: false)
        {
            Timeout = Patience,
            MaxResponseContentBufferSize = LongestText,
        };
        var uri = new UriBuilder("http", endpoint.Host!, endpoint.Port, "cluster_describe").Uri;
        try
        {
            var bytes = await client.GetByteArrayAsync(uri, cancellationToken).ConfigureAwait(false);
            return Encoding.UTF8.GetString(bytes);
        }
        catch (Exception exception)
            when (exception is HttpRequestException
                || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            throw new RefusedException(
                $"The Dynomite node {endpoint} does not tell its cluster: {exception.Message.TrimEnd('.')}",
                "Check its stats port (stats_listen), or give the configuration of a node: dynomite:///path/conf.yml.",
                exception
            );
        }
    }

    private static string[] Find(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                return NotEmpty(
                    Directory
                        .EnumerateFiles(path)
                        .Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)),
                    path
                );
            }

            if (!File.Exists(path) && path.AsSpan().ContainsAny("*?"))
            {
                var name = Path.GetFileName(path);
                var directory = Path.GetDirectoryName(path) is { Length: > 0 } named ? named : ".";
                return NotEmpty(
                    Directory
                        .EnumerateFiles(directory)
                        .Where(file => FileSystemName.MatchesSimpleExpression(name, Path.GetFileName(file), false)),
                    path
                );
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, exception.Message, exception);
        }

        return [path];
    }

    private static string[] NotEmpty(IEnumerable<string> files, string path)
    {
        var found = files.Order(StringComparer.Ordinal).ToArray();
        return found.Length > 0 ? found : throw Unreadable(path, "there is no .yml, .yaml or .json file", null);
    }

    private static RefusedException Unreadable(string path, string why, Exception? exception) =>
        new(
            $"The Dynomite configuration {path} cannot be read: {why.TrimEnd('.')}",
            "Name the configuration file of a node, a directory of such files, or a glob.",
            exception
        );
}
