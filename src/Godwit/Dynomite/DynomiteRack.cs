namespace Godwit.Dynomite;

/// <summary>One rack: by Dynomite's design it holds everything that its cluster holds, divided among its nodes.</summary>
/// <param name="Datacenter">Its datacenter.</param>
/// <param name="Name">Its name.</param>
/// <param name="Nodes">Its nodes, by their first token.</param>
internal sealed record DynomiteRack(string Datacenter, string Name, IReadOnlyList<DynomiteNode> Nodes)
{
    /// <summary>All its tokens, in order, each once.</summary>
    public IReadOnlyList<uint> Tokens { get; } = [.. Nodes.SelectMany(node => node.Tokens).Distinct().Order()];

    /// <summary>Name and datacenter, for people.</summary>
    public override string ToString() => $"rack {Name} of datacenter {Datacenter}";
}
