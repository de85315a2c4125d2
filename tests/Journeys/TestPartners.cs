using System.Security.Cryptography;
using Hub.Connectors;
using Hub.Simulators;

namespace Hub.Journeys;

/// <summary>The pretended partners of the demo (<c>scripts/partners.tsv</c>), each with both sides of its secret.</summary>
internal sealed record TestPartner(string Name, string Kind, string Title, string TitleEn, string Signature)
{
    private readonly byte[] secret = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Name));

    public static IReadOnlyList<TestPartner> All { get; } =
    [
        .. File.ReadLines(Path.Combine(Checkout.Root, "scripts", "partners.tsv")).Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('\t')).Select(columns => new TestPartner(columns[0], columns[1], columns[2], columns[3], columns[4])),
    ];

    public static IReadOnlyList<TestPartner> Of(IReadOnlyCollection<string> names) =>
        names.Count == 0 ? All : [.. names.Select(name => All.Single(partner => partner.Name == name))];

    /// <summary>The library of licences: no partner that is told anything.</summary>
    public static TestPartner Library { get; } = new(ConnectorCatalog.LicenceLibrary, ConnectorCatalog.LicenceLibrary, "电子证照库", "E-licence library", "bearer");

    private string? AppKey => Kind is ConnectorCatalog.SgccCrm or ConnectorCatalog.LicenceLibrary or ConnectorCatalog.PermitWindow ? "hub" : null;

    private string? Secret => Signature switch
    {
        "ed25519" => null,
        "hmac" => "whsec_" + Convert.ToBase64String(secret),
        _ => Convert.ToHexStringLower(secret),
    };

    private string? PrivateKey => Signature == "ed25519" ? "whsk_" + Convert.ToBase64String(secret) : null;

    /// <param name="port">0 takes a free one.</param>
    /// <param name="fetchKey">The key with which it empties its feed; null: it does not.</param>
    public PartnerSettings Simulated(int port = 0, string? fetchKey = null) => new()
    {
        Name = Name,
        Kind = Kind,
        Port = port,
        AppKey = AppKey,
        Secret = Secret,
        PublicKey = PrivateKey is null ? null : WebhookSignature.PublicKeyOf(secret),
        HubKey = fetchKey,
        Fetches = fetchKey is not null,
    };

    /// <summary>Short limits, so that a fault is over within a test's patience.</summary>
    public ConnectorSettings Connected(Uri address) => new()
    {
        Name = Name,
        Kind = Kind,
        Title = Title,
        TitleEn = TitleEn,
        Address = Kind == ConnectorCatalog.Feed ? null : address,
        AppKey = AppKey,
        Secret = Secret,
        PrivateKey = PrivateKey,
        TimeoutSeconds = 2,
        ConnectTimeoutSeconds = 1,
        Breaker = new() { BreakSeconds = [1] },
    };
}
