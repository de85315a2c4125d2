using System.Globalization;
using System.Text;

namespace Hub.Benchmarks;

/// <summary>
/// The bytes of one publish request, made once; only the places that differ from event to event are written again. Every such place has a
/// fixed width, so the length never changes.
/// </summary>
internal sealed class Template
{
    private const string Code = "@@@@@@@@@@@@@@@@@@@@@@@@";
    private const string Number = "##########";
    private const string Region = "^^^^^^";
    private const string Version = "~";

    private readonly byte[] bytes;
    private readonly int[] codes;
    private readonly int[] numbers;
    private readonly int[] regions;
    private readonly int[] versions;

    private Template(byte[] bytes)
    {
        this.bytes = bytes;
        codes = Places(Code);
        numbers = Places(Number);
        regions = Places(Region);
        versions = Places(Version);
    }

    /// <summary>A new approval, shaped as the records the bureaus send (schemas/examples), about 1.7 KB.</summary>
    public static Template Created(string path, string key) => Of(path, key, "created", "");

    /// <summary>An amendment of it.</summary>
    public static Template Amended(string path, string key) => Of(path, key, "amended", $$"""
        ,"supersedesDocNo":"示审备〔2026〕{{Number}}号","changeReason":"增加冷库1座，用电负荷相应增加","changedFields":["scaleContent","approvalDocNo","investmentWan","buildArea","loadKw"]
        """);

    public ReadOnlyMemory<byte> Fill(int number, int caseNumber, int receiver, int version)
    {
        foreach (var place in codes)
            ProjectCodes.Write(caseNumber, receiver, bytes.AsSpan(place, Code.Length));
        foreach (var place in numbers)
            number.TryFormat(bytes.AsSpan(place, Number.Length), out _, "D10", CultureInfo.InvariantCulture);
        foreach (var place in regions)
            (140200 + receiver + 1).TryFormat(bytes.AsSpan(place, Region.Length), out _, "D6", CultureInfo.InvariantCulture);
        foreach (var place in versions)
            bytes[place] = (byte)('0' + version);
        return bytes;
    }

    private static Template Of(string path, string key, string change, string tail)
    {
        var body = Encoding.UTF8.GetBytes($$$"""
            {"specversion":"1.0","id":"bench-{{{Number}}}","source":"urn:hub:bench","type":"hub.project_approval.{{{change}}}.v1","subject":"{{{Code}}}","time":"2026-01-05T10:24:00+08:00","datacontenttype":"application/json","data":{"projectCode":"{{{Code}}}","projectName":"示例县农产品冷链物流园一期工程","unitName":"示例冷链物流有限公司","unitUscc":"91141002MA0000007W","projectAddress":"示例市示例县示例路东侧、示例二街北侧、示例河以南","addressCode":"DEMO-{{{Number}}}","scaleContent":"占地24000㎡，新建冷库2座、分拣车间1座，总建筑面积16800㎡，配建10kV配电室1座，室外道路、给排水、供电、绿化等附属工程","contactName":"示例联系人","contactPhone":"13800000000","approvalType":"FILING","approvalStage":"PROJECT_APPROVAL","approvalDocNo":"示审备〔2026〕{{{Number}}}-{{{Version}}}号","approvalDate":"2026-01-05","approvalAuthority":"示例县行政审批服务管理局","regionCode":"{{{Region}}}","legalBasisRef":"DEMO-AGREEMENT-001","validUntil":"2028-01-04","investmentWan":8650.5,"industryCode":"5930","plannedStart":"2026-03","plannedFinish":"2027-06","landArea":24000,"buildArea":16800,"projectLocation":"POINT(111.5 36.1)","loadKw":1250,"usageType":"400","requiredDate":"2027-03-01","temporaryFrom":"2026-03-15","version":{{{Version}}}{{{tail}}}}}
            """);
        var head = Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\nContent-Type: application/cloudevents+json\r\nContent-Length: {body.Length}\r\n\r\n");
        return new([.. head, .. body]);
    }

    private int[] Places(string mark)
    {
        var places = new List<int>();
        var needle = Encoding.ASCII.GetBytes(mark);
        for (var at = 0; bytes.AsSpan(at).IndexOf(needle) is >= 0 and var found; at += found + needle.Length)
            places.Add(at + found);
        return [.. places];
    }
}
