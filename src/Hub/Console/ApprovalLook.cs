using System.Globalization;
using System.Text;
using Hub.Ledger;

namespace Hub.Console;

/// <summary>A request as the second person has to see it.</summary>
/// <param name="Link">Where what it is about is looked at.</param>
/// <param name="Facts">What else is to be known, by word.</param>
/// <param name="Changes">What a correction changes.</param>
/// <param name="Calendar">What a calendar would do.</param>
/// <param name="Text">A calendar's own text.</param>
/// <param name="Gone">What it was about has changed since: it cannot be done any more.</param>
internal sealed record ApprovalLook(string Link, IReadOnlyList<(string Word, string Value)> Facts, IReadOnlyList<Difference> Changes, CalendarTrial? Calendar, string? Text, bool Gone)
{
    public static string LinkOf(ApprovalRequest asked) => asked.Kind switch
    {
        TwoPersons.Bulk => $"/deliveries/bulk/{asked.Subject}",
        TwoPersons.Waiver => $"/cases/{asked.Subject.Split('/')[0]}",
        TwoPersons.Calendar => "/deadlines/calendar",
        TwoPersons.SigningKey or TwoPersons.PartnerKey => $"/connectors/{asked.Subject.Split('/')[0]}/keys",
        _ => $"/deliveries/{asked.Subject}",
    };
}

/// <summary>Shows what is asked for.</summary>
internal sealed class ApprovalLooks(DeliveryList deliveries, Waivers waivers, CalendarChanges calendars)
{
    /// <param name="masked">For who may not see personal data.</param>
    public async Task<ApprovalLook> OfAsync(ApprovalRequest asked, Frame frame, bool masked)
    {
        var look = new ApprovalLook(ApprovalLook.LinkOf(asked), [], [], null, null, Gone: false);
        switch (asked.Kind)
        {
            case TwoPersons.Skip or TwoPersons.Amend or TwoPersons.Recall:
                if (!Guid.TryParse(asked.Subject, out var id) || await deliveries.FindAsync(id, receiver: null) is not { } line)
                    return look with { Gone = true };
                look = look with { Facts = [("command_type", frame.Type(line.Type)), ("receiver", frame.Name(line.Receiver)), ("state", frame.W($"state_{Frame.StateOf(line)}"))] };
                if (asked is not { Kind: TwoPersons.Amend, Content: { } proposal })
                    return look;
                var (before, after) = Corrections.Read(proposal);
                return (await deliveries.BodyAsync(line))?.Data is { Length: > 0 } data && System.Security.Cryptography.SHA256.HashData(data).AsSpan().SequenceEqual(before)
                    ? look with { Changes = Corrections.Between(data, after, masked) }
                    : look with { Gone = true };
            case TwoPersons.Waiver:
                return await waivers.FindAsync(asked.Subject) is not { } waived ? look with { Gone = true } : look with
                {
                    Facts =
                    [
                        ("case", Pages.Transfers.ListModel.Masked(waived.Case.Key)), ("utility", frame.Name(waived.Task.Operator)),
                        ("arrears", waived.Party.ArrearsYuan is { } yuan ? frame.W("yuan", yuan.ToString("N2", CultureInfo.InvariantCulture)) : frame.W("amount_unknown")),
                    ],
                    Gone = asked.Content is not null && !Waivers.Content(waived).AsSpan().SequenceEqual(asked.Content),
                };
            case TwoPersons.Calendar when asked.Content is { } content:
                var text = Encoding.UTF8.GetString(content);
                var trial = await calendars.TryAsync(text);
                return look with { Calendar = trial, Text = text, Gone = trial.Pin is null };
            default:
                return look;
        }
    }
}
