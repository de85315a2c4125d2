using System.Text;
using System.Text.Json;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Policies;

namespace Hub.Tests.Processes;

/// <summary>One application's dossier, moved by hand: what the engine would keep between the inputs is kept here.</summary>
internal sealed class DossierCase
{
    public const string Identity = "11100000000013127D001";
    public const string Property = "11100000MB03271699001";
    public const string Business = "11100000MB0143028R001";
    public const string Case = "application:2026-1";

    /// <summary>Stands for keyed hashes, which the intake makes.</summary>
    public static readonly string Holder = new('a', 64);
    public static readonly string Other = new('b', 64);

    private static readonly DossierProcess Process = ProcessCatalog.Dossier;

    private string state = Process.Empty;

    /// <summary>2026-03-02 09:00 in the city.</summary>
    public DateTimeOffset Now { get; set; } = new(2026, 3, 2, 1, 0, 0, TimeSpan.Zero);

    public HashSet<string> Connectors { get; } = ["licence-library", "sgcc-linfen"];

    public DossierProcess.Dossier State => Process.Read(state);

    public Guid LastEvent { get; private set; }

    public static DossierCase Opened(string region = "141002", string customerClass = CustomerClasses.LowVoltage, string named = Case)
    {
        var dossier = new DossierCase();
        dossier.Receive(EventTypes.ApplicationOpened, new DossierProcess.Opened(named, new() { ApplicationId = named.Split(':')[1], RegionCode = region, CustomerClass = customerClass, AppliedAt = dossier.Now }));
        return dossier;
    }

    /// <summary>With the consent C-1 to the identity card and the certificate, for a month.</summary>
    public DossierCase Consented(string holder = "", Func<Consent, Consent>? change = null, string partner = "sgcc-linfen")
    {
        var consent = new Consent
        {
            ConsentId = "C-1", Case = Case, HolderTypeCode = HolderTypes.Citizen, HolderCode = "11010519491231002X", Purposes = ["new_connection"], CertTypeCodes = [Identity, Property], GivenAt = Now,
            ExpiresAt = Now.AddDays(30), Method = "app",
        };
        Receive(EventTypes.ConsentGiven, new DossierProcess.Consented(change?.Invoke(consent) ?? consent, holder.Length > 0 ? holder : Holder, null), partner);
        return this;
    }

    public Decision Withdraw(string id = "C-1") => Receive(EventTypes.ConsentWithdrawn, new DossierProcess.Withdrawn(id, new() { Case = Case, At = Now }));

    public Decision Ask(string number = "Q-1", Func<LicenceQuery, LicenceQuery>? change = null, int waitSeconds = 0, string partner = "sgcc-linfen", CaseParties? parties = null)
    {
        var query = new LicenceQuery
        {
            QueryId = number, Case = Case, HolderTypeCode = HolderTypes.Citizen, HolderCode = "11010519491231002X", CertTypeCode = Identity, Purpose = "new_connection", UseCause = "办理新装用电",
            LegalBasisRef = "GX-2026-07", ConsentId = "C-1",
        };
        return Receive(EventTypes.LicenceRequested, new DossierProcess.Asked(change?.Invoke(query) ?? query, Holder, TimeSpan.FromSeconds(waitSeconds), parties), partner);
    }

    public Decision Collect(string stage = "application", string[]? materials = null, string holderType = HolderTypes.Citizen, string request = "R-1") => Receive(EventTypes.DocumentsRequested, new DossierProcess.Collecting(new()
    {
        RequestId = request, Stage = stage, Materials = materials, HolderTypeCode = holderType, HolderCode = "11010519491231002X", Purpose = "new_connection", UseCause = "办理新装用电", LegalBasisRef = "GX-2026-07", ConsentId = "C-1",
    }));

    public Decision Finding(LicenceFinding finding) =>
        Answer(Hub.Schemas.Answer.Taken() with { Content = JsonSerializer.SerializeToUtf8Bytes(finding, SchemasJson.Readable.LicenceFinding) });

    public Decision Answer(Answer answer) => Advance(new Input.Answered("licence-library", CommandTypes.LicenceQuery, LastEvent, answer));

    public Decision TimeUp() => Advance(new Input.TimeUp());

    public Decision Report(string status) => Advance(new Input.Received(Event(EventTypes.ReceiptReported, "sgcc-linfen", LastEvent), new Receipt { Status = status, At = Now }));

    public LicenceResult? Result(string number = "Q-1") => State.Queries[$"sgcc-linfen/{number}"].Result;

    public static LicenceFinding Valid => new()
    {
        Result = LicenceResults.Found, Status = "valid", ValidFrom = new(2024, 1, 1), ValidTo = new(2044, 1, 1), Issuer = "示例市公安局",
        Fields = new Dictionary<string, string> { ["holderName"] = "张示例", ["address"] = "示例市示范路1号", ["certNo"] = "11010519491231002X" },
        File = new() { Reference = "F-1", HashAlg = "sha-256", FileHash = new('0', 64) },
    };

    public void Take(Decision decided) => state = decided.State;

    private Decision Receive(string type, object content, string partner = "sgcc-linfen")
    {
        var received = Event(type, partner, about: null);
        LastEvent = received.Id;
        return Advance(new Input.Received(received, content));
    }

    private Decision Advance(Input input)
    {
        var decision = Process.Advance(state, input, new Context(Now, ShippedPacks.Set, Pinned: null, Connectors));
        state = decision.State;
        return decision;
    }

    private Event Event(string type, string partner, Guid? about) => new()
    {
        Id = Guid.CreateVersion7(Now), Source = "urn:test", SourceId = Guid.NewGuid().ToString("N"), Type = type, Subject = "application:sgcc-linfen/2026-1", Partner = partner, About = about,
        Region = "141002", OccurredAt = Now, Body = Encoding.UTF8.GetBytes("{}"), DataStart = 0, DataLength = 2,
    };
}
