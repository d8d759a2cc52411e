namespace Godwit.IntegrationTests.Running;

/// <summary>A class whose tests take a minute and more of a full run: it begins before others (<see cref="LongestFirst"/>).</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class TakesLongAttribute : Attribute;
