using System.Text;
using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages.Deadlines;

/// <summary>A new working calendar: checked and tried here, put in force once a second person allows it.</summary>
internal sealed class ChangeModel(CalendarChanges changes, TwoPersons twoPersons, Frame frame) : ConsolePage(frame)
{
    public string Text { get; private set; } = "";
    public CalendarTrial? Trial { get; private set; }

    public void OnGet()
    {
    }

    /// <summary>Says what it would do; nothing is stored.</summary>
    public async Task<IActionResult> OnPostTryAsync(string? text, IFormFile? file) => await ReadAsync(text, file) ?? Page();

    public async Task<IActionResult> OnPostAskAsync(string? text, IFormFile? file, string? reason)
    {
        if (await ReadAsync(text, file) is { } refused)
            return refused;
        var said = OneLine(reason);
        if (said.Length is 0 or > ReasonMax)
            return Failed("fail_reason", 422);
        return await twoPersons.AskAsync(TwoPersons.Calendar, Trial!.Pin!, said, Me, HttpContext.TraceIdentifier, Encoding.UTF8.GetBytes(Text)) ? Done("proposed") : Failed("fail_asked_already");
    }

    private async Task<IActionResult?> ReadAsync(string? text, IFormFile? file)
    {
        if (!F.Can(Roles.Operator) || Scope is not null)
            return Missing(Roles.Operator);
        if (file is { Length: > 0 and <= CalendarChanges.TextMax })
        {
            using var reader = new StreamReader(file.OpenReadStream());
            text = await reader.ReadToEndAsync(HttpContext.RequestAborted);
        }

        // A form's lines end otherwise than a file's.
        Text = (text ?? "").ReplaceLineEndings("\n");
        if (string.IsNullOrWhiteSpace(Text) || Text.Length > CalendarChanges.TextMax || file?.Length > CalendarChanges.TextMax)
            return Failed("fail_calendar_empty", 422);
        Trial = await changes.TryAsync(Text);
        return Trial.Pin is null ? Failed("fail_calendar", 422) : null;
    }
}
