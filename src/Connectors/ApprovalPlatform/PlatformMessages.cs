using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hub.Connectors.ApprovalPlatform;

/// <summary>Every answer of the platform. Its <c>msg</c> is not read: free text may hold personal data.</summary>
internal sealed record PlatformReply
{
    public string? Code { get; init; }

    public PlatformReplyData? Data { get; init; }
}

/// <summary>Content of the answer: a page of the list, or one record.</summary>
internal sealed record PlatformReplyData
{
    /// <summary>The page this is, as the platform understood it; from 1.</summary>
    [JsonPropertyName("pageNo")] public int? PageNo { get; init; }

    /// <summary>Records a page has at most; the platform may give fewer than were asked for.</summary>
    [JsonPropertyName("pageSize")] public int? PageSize { get; init; }

    /// <summary>Records that changed since the moment asked for, on all pages.</summary>
    [JsonPropertyName("total")] public int? Total { get; init; }

    /// <summary>服务时间: the platform's clock, Beijing time.</summary>
    [JsonPropertyName("fwsj")] public string? ServerTime { get; init; }

    [JsonPropertyName("list")] public IReadOnlyList<JsonElement>? List { get; init; }

    /// <summary>The record itself, for a question about one.</summary>
    [JsonPropertyName("xm")] public JsonElement? Record { get; init; }
}

/// <summary>One page that could be read.</summary>
/// <param name="PageNo">The page asked for, from 1.</param>
/// <param name="PageSize">Records a page has at most.</param>
/// <param name="Total">Records from the moment asked for on, on all pages.</param>
/// <param name="ServerTime">The platform's clock.</param>
/// <param name="Rows">In the order given.</param>
public sealed record PlatformPage(int PageNo, int PageSize, int Total, DateTimeOffset ServerTime, IReadOnlyList<PlatformRow> Rows);

/// <summary>One record of the platform, in the contract's terms as far as it could be read.</summary>
public sealed record PlatformRow
{
    /// <summary>Names this version of this record: the platform's record number, its stamp and its version. Null when it has no number or no stamp.</summary>
    public string? EventId { get; init; }

    /// <summary>The platform's number of the record; null when the row has none.</summary>
    public string? RecordNo { get; init; }

    /// <summary>When it last changed, by the platform's clock (whole seconds); null when the row does not say.</summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>The list holds a part of the record only: the whole must be asked for.</summary>
    public bool NeedsDetail { get; init; }

    /// <summary>One of the publishable event types; null when the status has no meaning we know.</summary>
    public string? EventType { get; init; }

    /// <summary>It is no fact yet, such as a registration that is not booked: passed over, neither an event nor refused.</summary>
    public bool IsPending { get; init; }

    /// <summary>The platform's own status code, as given.</summary>
    public string? Status { get; init; }

    /// <summary>When it happened, RFC 3339, as the record says.</summary>
    public string? HappenedAt { get; init; }

    /// <summary>The contract's data, JSON. What could not be read stands there as the platform gave it, so that the contract's checks name it.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The record as the platform gave it, UTF-8 JSON.</summary>
    public required ReadOnlyMemory<byte> Raw { get; init; }
}
