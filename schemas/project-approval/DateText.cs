using System.Globalization;

namespace Hub.Schemas;

/// <summary>How much of a date is written, from least to most.</summary>
internal enum DatePrecision
{
    Year,
    Month,
    Day,
}

/// <summary>Dates as records print them: <c>2021-09-22</c>, <c>2021-09</c>, or only <c>2021</c>.</summary>
internal static class DateText
{
    /// <returns>Null when the text has none of the three forms. The day need not exist.</returns>
    public static DatePrecision? PrecisionOf(string? text) => text?.Length switch
    {
        4 when IdentifierText.AreDigits(text) => DatePrecision.Year,
        7 when HasMonthForm(text) => DatePrecision.Month,
        10 when HasMonthForm(text.AsSpan(0, 7)) && text[7] == '-' && IdentifierText.AreDigits(text.AsSpan(8)) => DatePrecision.Day,
        _ => null,
    };

    /// <summary>True when the calendar has such a day, month or year; the text must have one of the three forms.</summary>
    public static bool IsReal(ReadOnlySpan<char> text)
    {
        var year = Number(text[..4]);
        var month = text.Length >= 7 ? Number(text.Slice(5, 2)) : 1;
        var day = text.Length == 10 ? Number(text.Slice(8, 2)) : 1;
        return year >= 1 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month);
    }

    private static bool HasMonthForm(ReadOnlySpan<char> text) =>
        text[4] == '-' && IdentifierText.AreDigits(text[..4]) && IdentifierText.AreDigits(text[5..]);

    private static int Number(ReadOnlySpan<char> digits) => int.Parse(digits, CultureInfo.InvariantCulture);
}
