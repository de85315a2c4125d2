namespace Hub.Simulators;

/// <summary>What one partner has taken. A repeated command id never has a second effect.</summary>
public sealed class LeadBook(string partner, Journal journal, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, string> commands = [];
    private readonly Dictionary<string, SimulatedLead> leads = [];
    private int leadsEver;
    private long effects;
    private long repeats;
    private long outOfOrder;

    /// <summary>Called for each effect, outside the lock.</summary>
    public Action<Guid, string>? Took { get; set; }

    public BookStats Stats
    {
        get
        {
            lock (gate)
            {
                return new(leads.Count, effects, repeats, outOfOrder);
            }
        }
    }

    /// <summary>Takes a command in: journal first, so that a kill between the two forgets an effect nobody was told of.</summary>
    /// <param name="id">The hub's command id.</param>
    /// <param name="subject">The case.</param>
    /// <param name="type">create, update or withdraw.</param>
    /// <param name="sequence">Number in the case's lane, when the dialect carries one.</param>
    /// <param name="fields">The content as received.</param>
    /// <param name="began">When the request came in.</param>
    /// <returns>The partner's number of the lead, or null when there is nothing to withdraw.</returns>
    public string? Take(Guid id, string subject, string type, long? sequence, byte[] fields, DateTimeOffset? began = null)
    {
        string leadNo;
        lock (gate)
        {
            if (commands.TryGetValue(id, out var known))
            {
                repeats++;
                journal.Append(Entry(id, subject, type, sequence, effect: false) with { Began = began });
                return known;
            }

            if (type is "withdraw" && !leads.ContainsKey(subject))
            {
                return null;
            }

            journal.Append(Entry(id, subject, type, sequence, effect: true) with { Began = began });
            leadNo = Apply(id, subject, type, sequence, fields, clock.GetUtcNow());
        }

        Took?.Invoke(id, type);
        return leadNo;
    }

    /// <summary>The lead's number when the command was taken before, else null.</summary>
    public string? Find(Guid id)
    {
        lock (gate)
        {
            return commands.GetValueOrDefault(id);
        }
    }

    /// <summary>Remembers what an earlier process wrote into the journal; the fields are not in it and stay empty.</summary>
    public void Restore(IEnumerable<JournalEntry> entries)
    {
        lock (gate)
        {
            foreach (var entry in entries.Where(entry => entry.Partner == partner && entry.Effect))
            {
                Apply(entry.Command, entry.Subject, entry.Type, entry.Sequence, [], entry.Time);
            }
        }
    }

    /// <summary>Leads by subject, newest change first.</summary>
    public IReadOnlyList<SimulatedLead> List(string? subject, int limit)
    {
        lock (gate)
        {
            return [.. leads.Values.Where(lead => subject is null || lead.Subject == subject).OrderByDescending(lead => lead.ChangedAt).Take(limit)];
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            commands.Clear();
            leads.Clear();
            (effects, repeats, outOfOrder) = (0, 0, 0);
        }
    }

    private string Apply(Guid id, string subject, string type, long? sequence, byte[] fields, DateTimeOffset at)
    {
        var lead = leads.GetValueOrDefault(subject) ?? new() { LeadNo = $"L{++leadsEver:D8}", Subject = subject };
        effects++;
        outOfOrder += sequence <= lead.Sequence ? 1 : 0;
        commands[id] = lead.LeadNo;
        leads[subject] = lead with
        {
            State = type is "withdraw" ? "withdrawn" : "open",
            Sequence = sequence ?? lead.Sequence,
            Commands = [.. lead.Commands, id],
            Fields = type is "withdraw" && lead.Fields.Length > 0 ? lead.Fields : fields,
            ChangedAt = at,
        };
        return lead.LeadNo;
    }

    private JournalEntry Entry(Guid id, string subject, string type, long? sequence, bool effect) =>
        new(clock.GetUtcNow(), partner, id, subject, sequence, type, effect);
}

/// <summary>A lead as the partner now sees it.</summary>
public sealed record SimulatedLead
{
    public required string LeadNo { get; init; }

    public required string Subject { get; init; }

    /// <summary>open or withdrawn.</summary>
    public string State { get; init; } = "open";

    public long? Sequence { get; init; }

    /// <summary>The commands that had an effect on it, in the order of their effects.</summary>
    public IReadOnlyList<Guid> Commands { get; init; } = [];

    /// <summary>The content as received with the last create or update, UTF-8 JSON.</summary>
    public byte[] Fields { get; init; } = [];

    public DateTimeOffset ChangedAt { get; init; }
}

/// <param name="Leads">Distinct cases.</param>
/// <param name="Effects">Commands that changed something.</param>
/// <param name="Repeats">Commands seen again.</param>
/// <param name="OutOfOrder">Effects whose sequence was not above the one before it in the same case.</param>
public sealed record BookStats(int Leads, long Effects, long Repeats, long OutOfOrder);
