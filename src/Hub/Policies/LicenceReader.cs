using Hub.Schemas;

namespace Hub.Policies;

/// <summary>Reads what a pack says of licences and documents.</summary>
internal static class LicenceReader
{
    private const int CodeLengthMax = 21;

    public static LicenceRule? Licences(PackNode pack)
    {
        if (pack.OptionalMapping("licences") is not { } node)
        {
            return null;
        }

        var (source, _, note) = PackReader.Source(node);
        var types = node.Mappings("types").Select(Type).ToList();
        var rule = new LicenceRule
        {
            AnswerWithinMinutes = node.Number("answer_within_minutes", 1, 1440),
            KeepHours = node.Number("keep_hours", 1, 720),
            Source = source,
            Note = note,
            Types = types,
            Purposes = [.. node.Mappings("purposes").Select(purpose => Purpose(purpose, types))],
        };
        foreach (var twin in types.GroupBy(type => type.Code).Concat(types.GroupBy(type => type.Id)).Where(group => group.Count() > 1))
        {
            node.Report("types", $"证照类型“{twin.Key}”重复。", $"Licence type \"{twin.Key}\" stands twice.");
        }

        node.Close();
        return rule;
    }

    /// <returns>Null when the pack says nothing of documents.</returns>
    public static IReadOnlyList<DocumentRule>? Documents(PackNode pack, LicenceRule? licences) =>
        pack.OptionalMappings("documents") is { Count: > 0 } nodes ? [.. nodes.Select(node => Document(node, licences))] : null;

    private static LicenceType Type(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        var type = new LicenceType
        {
            Id = PackReader.Id(node, "id"),
            Title = node.Bilingual("title"),
            Code = node.Text("code"),
            Connector = PackReader.Id(node, "connector"),
            Holder = node.Word("holder", Holders.All),
            Source = source,
            Clause = clause,
            Note = note,
        };
        if (type.Code.Length > CodeLengthMax)
        {
            node.Report("code", $"类型代码至多 {CodeLengthMax} 位。", $"A type code has at most {CodeLengthMax} characters.");
        }

        node.Close();
        return type;
    }

    private static LicencePurpose Purpose(PackNode node, List<LicenceType> types)
    {
        var (source, clause, note) = PackReader.Source(node);
        var purpose = new LicencePurpose
        {
            Id = node.Text("id"),
            Title = node.Bilingual("title"),
            Discloses = [.. node.Mappings("discloses").Select(one => Disclosure(one, types))],
            Source = source,
            Clause = clause,
            Note = note,
        };
        node.Close();
        return purpose;
    }

    private static LicenceDisclosure Disclosure(PackNode node, List<LicenceType> types)
    {
        var disclosure = new LicenceDisclosure(
            node.Word("licence", [.. types.Select(type => type.Id)]),
            node.Texts("to", Utilities.All.Contains, $"{string.Join("、", Utilities.All)} 之一", $"one of {string.Join(", ", Utilities.All)}"),
            node.Texts("fields", text => text.All(char.IsAsciiLetterOrDigit), "字段名", "a field's name"));
        node.Close();
        return disclosure;
    }

    private static DocumentRule Document(PackNode node, LicenceRule? licences)
    {
        var (source, clause, note) = PackReader.Source(node);
        var known = licences?.Types.Select(type => type.Id).ToHashSet() ?? [];
        var rule = new DocumentRule
        {
            Class = node.Word("class", CustomerClasses.All),
            Stage = node.Word("stage", DocumentStages.All),
            Material = PackReader.Id(node, "material"),
            Title = node.Bilingual("title"),
            Licences = node.Texts("licences", known.Contains, "本规则包 licences 中的类型", "a type of this pack's licences"),
            SatisfiedBy = node.Texts("satisfied_by", DocumentWays.All.Contains, $"{string.Join("、", DocumentWays.All)} 之一", $"one of {string.Join(", ", DocumentWays.All)}"),
            Source = source,
            Clause = clause,
            Note = note,
        };
        if (!rule.SatisfiedBy.Contains(DocumentWays.Paper))
        {
            node.Report("satisfied_by", "须保留线下提交（PAPER），见 S1 三.5。", "PAPER must be among the ways: S1 三.5.");
        }

        node.Close();
        return rule;
    }
}
