using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;

namespace Hub.Intake;

/// <summary>Rows of texts and numbers as an Excel workbook with one sheet.</summary>
internal static class LedgerWorkbook
{
    public const string ContentType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

    // Wide enough for a title in both languages, a part, a number and a code.
    private static readonly double[] Widths = [44, 36, 24, 44];

    public static byte[] Of(IReadOnlyList<IReadOnlyList<object?>> rows)
    {
        using var stream = new MemoryStream();
        using (var document = SpreadsheetDocument.Create(stream, SpreadsheetDocumentType.Workbook))
        {
            var workbook = document.AddWorkbookPart();
            var sheet = workbook.AddNewPart<WorksheetPart>();
            sheet.Worksheet = new Worksheet(
                new Columns(Widths.Select((width, index) => new Column { Min = (uint)index + 1, Max = (uint)index + 1, Width = width, CustomWidth = true })),
                new SheetData(rows.Select((row, index) => new Row(row.Select(Cell)) { RowIndex = (uint)index + 1 })));
            workbook.Workbook = new Workbook(new Sheets(new Sheet { Id = workbook.GetIdOfPart(sheet), SheetId = 1, Name = "台账 Ledger" }));
        }

        return stream.ToArray();
    }

    // Texts stand in the cell itself: never a formula, whatever they begin with.
    private static Cell Cell(object? value) => value switch
    {
        null => new Cell(),
        decimal number => new Cell { CellValue = new CellValue(number) },
        string text => new Cell(new InlineString(new Text(Clean(text)) { Space = SpaceProcessingModeValues.Preserve })) { DataType = CellValues.InlineString },
        _ => throw new InvalidOperationException($"A cell holds {value.GetType().Name}."),
    };

    // What XML cannot hold is left out.
    private static string Clean(string text) => string.Concat(text.Where(character => System.Xml.XmlConvert.IsXmlChar(character)));
}
