namespace Hub.Journeys.Faults;

/// <summary>One fault at a time and nothing beside it: what is measured must not be another test's load.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FaultCollection
{
    public const string Name = "faults";
}
