using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Hub.Schemas;
using Npgsql;

namespace Hub.Ledger;

/// <summary>Who is told of what.</summary>
/// <param name="Kind">One of <see cref="AlertKinds"/>.</param>
/// <param name="Minutes">How long an incident may be without an owner; only for that kind.</param>
/// <param name="Receiver">Only incidents of this connector; null: of any.</param>
/// <param name="Gateway">Connector of the kind <c>notification</c> that tells them.</param>
/// <param name="People">Names and mobile numbers; sealed in the database.</param>
internal sealed record AlertRule(long Id, string Kind, int Minutes, string? Receiver, string Gateway, IReadOnlyList<NoticeRecipient> People, bool Enabled, string ChangedBy, DateTime ChangedAt);

/// <summary>What a person can be told of.</summary>
internal static class AlertKinds
{
    public const string IncidentOpened = "incident_opened";
    public const string IncidentUnowned = "incident_unowned";
    public const string Deadlines = "deadlines";
    public const string Quarantined = "quarantined";
    public const string ChainBroken = "chain_broken";

    public static IReadOnlyList<string> All { get; } = [IncidentOpened, IncidentUnowned, Deadlines, Quarantined, ChainBroken];
}

/// <summary>The rules by which people are told; each change is an entry of the exchange log, without the people.</summary>
internal sealed class AlertRules(NpgsqlDataSource database, BodyCipher bodies, TimeProvider time)
{
    /// <summary>Rules that one hub may have.</summary>
    public const int RulesMax = 100;

    private const string ListSql = """
        SELECT rule_id AS Id, kind AS Kind, minutes AS Minutes, receiver AS Receiver, gateway AS Gateway, people AS People, enabled AS Enabled, changed_by AS ChangedBy, changed_at AS ChangedAt
          FROM alert_rules
         ORDER BY rule_id
        """;

    private const string AddSql = """
        INSERT INTO alert_rules (kind, minutes, receiver, gateway, people, changed_by, changed_at)
        SELECT @kind, @minutes, @receiver, @gateway, @people, @by, @now
         WHERE (SELECT count(*) FROM alert_rules) < @most
        RETURNING rule_id
        """;

    private const string SwitchSql = "UPDATE alert_rules SET enabled = @enabled, changed_by = @by, changed_at = @now WHERE rule_id = @id AND enabled <> @enabled";

    public async Task<IReadOnlyList<AlertRule>> ListAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. (await connection.QueryAsync<(long Id, string Kind, int Minutes, string? Receiver, string Gateway, byte[] People, bool Enabled, string ChangedBy, DateTime ChangedAt)>(ListSql))
            .Select(row => new AlertRule(row.Id, row.Kind, row.Minutes, row.Receiver, row.Gateway, JsonSerializer.Deserialize(bodies.Open(row.People), AlertPeopleJson.Default.ListNoticeRecipient)!, row.Enabled, row.ChangedBy, row.ChangedAt))];
    }

    /// <returns>False when there are too many.</returns>
    public async Task<bool> AddAsync(string kind, int minutes, string? receiver, string gateway, IReadOnlyList<NoticeRecipient> people, string by, string reason, string requestId)
    {
        var now = time.GetUtcNow();
        var content = bodies.Seal(JsonSerializer.SerializeToUtf8Bytes([.. people], AlertPeopleJson.Default.ListNoticeRecipient));
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.ExecuteScalarAsync<long?>(AddSql, new { kind, minutes, receiver, gateway, people = content, by, now, most = RulesMax }) is not { } id)
            return false;
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(
            LogEntry.OperatorActed, "hub", Guid.CreateVersion7(now), $"act AddAlertRule\nsubject {id} {kind}\nreceiver {receiver}\ngateway {gateway}\npeople {people.Count}\nby {by}\nreason {reason}\nrequest {requestId}"));
        await transaction.CommitAsync();
        return true;
    }

    /// <returns>False when it stood so already, or is not there.</returns>
    public async Task<bool> SwitchAsync(long id, bool enabled, string by, string reason, string requestId)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.ExecuteAsync(SwitchSql, new { id, enabled, by, now }) == 0)
            return false;
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(
            LogEntry.OperatorActed, "hub", Guid.CreateVersion7(now), $"act {(enabled ? "SwitchOnAlertRule" : "SwitchOffAlertRule")}\nsubject {id}\nby {by}\nreason {reason}\nrequest {requestId}"));
        await transaction.CommitAsync();
        return true;
    }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<NoticeRecipient>))]
internal sealed partial class AlertPeopleJson : JsonSerializerContext;
