using Hub.Ledger;
using Hub.Schemas;

namespace Hub.Intake;

// The events of a permit case.
internal static partial class EventReader
{
    private static Content? ReadPermit(Attributes attributes, ReadOnlySpan<byte> data, ApiKey key, DateTimeOffset now, out Problem? problem)
    {
        if (EventTypes.OfPermitApplication.Contains(attributes.Type))
        {
            if (!TryDeserialise(data, SchemasJson.Default.PermitApplication, "/data", out var application, out problem))
                return null;
            application = application with { LegalBasisRef = application.LegalBasisRef ?? key.LegalBasis };
            return OfPermit(attributes, key, application, application.CaseNo, application.OperatorCode, application.RegionCode, errors => PermitRules.Check(application, now, errors, attributes.Warnings), out problem);
        }

        if (attributes.Type == EventTypes.PermitItemReported)
        {
            return !TryDeserialise(data, SchemasJson.Default.PermitItemReport, "/data", out var report, out problem) ? null
                : OfPermit(attributes, key, report, report.CaseNo, report.OperatorCode, report.RegionCode, errors => PermitRules.Check(report, now, errors), out problem);
        }

        return !TryDeserialise(data, SchemasJson.Default.PermitStep, "/data", out var step, out problem) ? null
            : OfPermit(attributes, key, step, step.CaseNo, step.OperatorCode, step.RegionCode, errors => PermitRules.Check(step, attributes.Type!, now, errors), out problem);
    }

    private static Content? OfPermit(
        Attributes attributes, ApiKey key, object record, string? caseNo, string? operatorCode, string? region, Action<List<FieldError>> check, out Problem? problem)
    {
        var errors = new List<FieldError>();
        check(errors);

        // Departments speak of anybody's case; whether it is theirs to speak of, the case knows. A utility applies for itself only.
        if (operatorCode is not null && operatorCode != key.Partner && attributes.Type is not (EventTypes.PermitItemReported or EventTypes.PermitRestored))
            errors.Add(new("/operatorCode", ErrorCodes.NotAllowed, "须为密钥所属的供电企业。", "Must be the utility the key belongs to."));
        problem = Refuse(attributes, errors);
        return problem is not null ? null : new(record, PermitRules.CaseKey(operatorCode!, caseNo!), region!, [caseNo]);
    }
}
