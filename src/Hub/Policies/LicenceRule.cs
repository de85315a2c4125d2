namespace Hub.Policies;

/// <summary>What of e-licences an authority shares with utilities (S1 三.2, S3 三.6): which types, from whom, for which purposes and with which fields.</summary>
internal sealed record LicenceRule
{
    /// <summary>A source that has not answered by then is told as unavailable: somebody stands at the counter.</summary>
    public required int AnswerWithinMinutes { get; init; }

    /// <summary>How long a result's fields can be read back after it was given.</summary>
    public required int KeepHours { get; init; }

    /// <summary>One of <see cref="RuleSources"/>; the two limits are in no document.</summary>
    public required string Source { get; init; }
    public Bilingual? Note { get; init; }

    public required IReadOnlyList<LicenceType> Types { get; init; }
    public required IReadOnlyList<LicencePurpose> Purposes { get; init; }

    public LicenceType? TypeByCode(string code) => Types.FirstOrDefault(type => type.Code == code);

    public LicenceType? TypeById(string id) => Types.FirstOrDefault(type => type.Id == id);
}

/// <summary>One type of licence and the source that answers for it.</summary>
internal sealed record LicenceType
{
    /// <summary>Stable word such as <c>identity-card</c>.</summary>
    public required string Id { get; init; }
    public required Bilingual Title { get; init; }

    /// <summary>Type code: 18 of the ministry and 3; <c>x-…</c> where no national code is known.</summary>
    public required string Code { get; init; }

    /// <summary>Name of the connector of the library or verification source.</summary>
    public required string Connector { get; init; }

    /// <summary>Whose it is: citizen, organisation, any.</summary>
    public required string Holder { get; init; }
    public string? Clause { get; init; }

    /// <summary>One of <see cref="RuleSources"/>.</summary>
    public required string Source { get; init; }
    public Bilingual? Note { get; init; }

    /// <param name="holderTypeCode">111 or 001.</param>
    public bool IsOf(string holderTypeCode) => Holder == Holders.Any || Holder == (holderTypeCode == Hub.Schemas.HolderTypes.Citizen ? Holders.Citizen : Holders.Organisation);
}

/// <summary>Kinds of holders in a pack.</summary>
internal static class Holders
{
    public const string Citizen = "citizen";
    public const string Organisation = "organisation";
    public const string Any = "any";

    public static IReadOnlyList<string> All { get; } = [Citizen, Organisation, Any];
}

/// <summary>A purpose (用途) for which licences may be asked for, and what is disclosed for it.</summary>
internal sealed record LicencePurpose
{
    public required string Id { get; init; }
    public required Bilingual Title { get; init; }
    public required IReadOnlyList<LicenceDisclosure> Discloses { get; init; }
    public string? Clause { get; init; }

    /// <summary>One of <see cref="RuleSources"/>.</summary>
    public required string Source { get; init; }
    public Bilingual? Note { get; init; }

    /// <summary>What a utility may see of a licence for this purpose; null: nothing, so it may not ask.</summary>
    public LicenceDisclosure? To(string utility, string licence) => Discloses.FirstOrDefault(one => one.Licence == licence && one.To.Contains(utility));
}

/// <param name="Licence">Id of a type.</param>
/// <param name="To">Kinds of utilities, see <see cref="Utilities"/>.</param>
/// <param name="Fields">Names of the licence's fields.</param>
internal sealed record LicenceDisclosure(string Licence, IReadOnlyList<string> To, IReadOnlyList<string> Fields);

/// <summary>One document that may be asked of a customer, and no other (S1 三.6, S2 二(二)3, S3 三.5, S4 五(一)1).</summary>
internal sealed record DocumentRule
{
    /// <summary>low_voltage or high_voltage.</summary>
    public required string Class { get; init; }

    /// <summary>application, design_review, interim_inspection, completion.</summary>
    public required string Stage { get; init; }

    /// <summary>Stable word such as <c>identity</c>.</summary>
    public required string Material { get; init; }
    public required Bilingual Title { get; init; }

    /// <summary>Ids of licence types, each of which satisfies it; empty: no e-licence does.</summary>
    public required IReadOnlyList<string> Licences { get; init; }

    /// <summary>Ways to satisfy it, see <see cref="DocumentWays"/>.</summary>
    public required IReadOnlyList<string> SatisfiedBy { get; init; }
    public string? Clause { get; init; }

    /// <summary>One of <see cref="RuleSources"/>.</summary>
    public required string Source { get; init; }
    public Bilingual? Note { get; init; }
}

/// <summary>How a document can be handed in. Paper is among the ways of every rule (S1 三.5).</summary>
internal static class DocumentWays
{
    public const string ELicence = "E_LICENCE";
    public const string Upload = "UPLOAD";
    public const string ExistingValid = "EXISTING_VALID";
    public const string Paper = "PAPER";

    public static IReadOnlyList<string> All { get; } = [ELicence, Upload, ExistingValid, Paper];
}

/// <summary>Stages at which documents are asked for.</summary>
internal static class DocumentStages
{
    public const string Application = "application";

    public static IReadOnlyList<string> All { get; } = [Application, "design_review", "interim_inspection", "completion"];
}
