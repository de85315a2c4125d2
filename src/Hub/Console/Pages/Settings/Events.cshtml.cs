using Hub.Intake;
using Hub.Schemas;

namespace Hub.Console.Pages.Settings;

/// <summary>What may be published, and what partners are asked to do, each with its schema and an example.</summary>
internal sealed class EventsModel(Frame frame) : ConsolePage(frame)
{
    public IReadOnlyList<(string Type, string? Example)> Events { get; private set; } = [];

    public void OnGet() => Events = [.. EventTypes.Publishable.Select(type => (type, PublishedFiles.Example(type)))];
}
