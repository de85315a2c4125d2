using Hub.Ledger;
using Hub.Processes;
using Hub.Schemas;

namespace Hub.Intake;

// Notices of outages, and what gateways report of them.
internal static partial class EventReader
{
    private static Content? ReadOutage(Attributes attributes, ReadOnlySpan<byte> data, ApiKey key, out Problem? problem)
    {
        if (!TryDeserialise(data, SchemasJson.Default.OutageNotice, "/data", out var raw, out problem))
            return null;
        var errors = new List<FieldError>();
        OutageRules.Check(raw, attributes.Type!, errors, attributes.Warnings);
        if (Refuse(attributes, errors) is { } refused)
        {
            problem = refused;
            return null;
        }

        var notice = OutageRules.Normalise(raw);

        // The number is the utility's own, so the key says whose it is.
        return new(notice, OutageNoticeProcess.Key(key.Partner, notice.NoticeId!), notice.RegionCode!, [notice.NoticeId]);
    }

    private static Content? ReadResults(Attributes attributes, ReadOnlySpan<byte> data, out Problem? problem)
    {
        if (!TryDeserialise(data, SchemasJson.Default.OutageResults, "/data", out var raw, out problem))
            return null;
        var errors = new List<FieldError>();
        OutageRules.Check(raw, errors);
        if (Refuse(attributes, errors) is { } refused)
        {
            problem = refused;
            return null;
        }

        var results = OutageRules.Normalise(raw);
        return new(results, OutageNoticeProcess.Key(results.OperatorCode!, results.NoticeId!), results.RegionCode!, [results.NoticeId, results.Reference]);
    }
}
