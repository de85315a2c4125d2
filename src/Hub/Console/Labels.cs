namespace Hub.Console;

/// <summary>Words of the pages, zh first. One word per thing, as in docs/glossary.md.</summary>
internal static class Labels
{
    private static readonly Dictionary<string, (string Zh, string En)> Words = new(StringComparer.Ordinal)
    {
        ["title"] = ("政企协同办电信息共享平台", "Government–utility data-sharing hub"),
        ["all_well"] = ("全部正常", "All well"),
        ["last_delivery"] = ("最近一次送达", "last delivery"),
        ["never"] = ("尚无", "never"),
        ["events"] = ("收到的事项", "Events received"),
        ["delivered"] = ("已送达", "Delivered"),
        ["open"] = ("未送达", "Open"),
        ["waiting"] = ("等待重试", "Waiting"),
        ["parked"] = ("搁置", "Parked"),
        ["unserved"] = ("无供电企业（搁置）", "No operator (parked)"),
        ["connectors"] = ("连接器", "Connectors"),
        ["receiver"] = ("接收方", "Receiver"),
        ["queued"] = ("投递任务", "Deliveries"),
        ["failed"] = ("失败次数", "Failed attempts"),
        ["health"] = ("状态", "Health"),
        ["last_success"] = ("最近成功", "Last success"),
        ["last_failure"] = ("最近失败", "Last failure"),
        ["receipts"] = ("最近回执", "Last receipts"),
        ["time"] = ("时间", "Time"),
        ["case"] = ("项目", "Case"),
        ["status"] = ("业务状态", "Business status"),
        ["log"] = ("交换存证", "Exchange log"),
        ["entries"] = ("条", "entries"),
        ["no_receipts"] = ("还没有回执。供电企业受理后会出现在这里。", "No receipts yet. They appear here once a utility has accepted a lead."),
        ["no_connectors"] = ("还没有设置连接器。", "No connector is set up."),
        ["updated"] = ("更新于", "Updated"),
        ["waits"] = ("等待与搁置", "Waiting and parked"),
        ["reason"] = ("原因", "Reason"),
        ["since"] = ("自", "Since"),
        ["none_waiting"] = ("没有等待或搁置的投递。", "Nothing waits or is parked."),
        ["breaker_Closed"] = ("正常", "Closed"),
        ["breaker_Open"] = ("熔断", "Breaker open"),
        ["breaker_HalfOpen"] = ("试探中", "Probing"),
        ["breaker_Isolated"] = ("已隔离", "Isolated"),
        ["paused"] = ("已暂停", "Paused"),
        ["accepted"] = ("已受理", "Accepted"),
        ["rejected"] = ("退回", "Rejected"),
        ["in_progress"] = ("办理中", "In progress"),
        ["done"] = ("办结", "Done"),
        ["no_operator"] = ("该地无供电企业规则", "No operator serves the place"),
        ["no_connector"] = ("供电企业未接入", "The operator has no connector"),
        ["state_waiting"] = ("等待重试", "Waiting"),
        ["state_parked"] = ("搁置", "Parked"),
        ["state_unserved"] = ("搁置", "Parked"),
        ["database_away"] = ("数据库暂不可用", "The database is not available"),
    };

    /// <summary>The word in the language asked for; the key itself where there is none, so that a gap is seen.</summary>
    public static string Of(string key, bool english) => Words.TryGetValue(key, out var word) ? (english ? word.En : word.Zh) : key;
}
