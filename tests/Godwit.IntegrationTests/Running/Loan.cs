namespace Godwit.IntegrationTests.Running;

/// <summary>Something lent to a test, given back when this is disposed of.</summary>
internal sealed class Loan<T>(T lent, Action giveBack) : IDisposable
{
    public T Lent { get; } = lent;

    public void Dispose() => giveBack();
}
