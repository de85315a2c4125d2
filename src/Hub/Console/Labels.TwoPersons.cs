using Hub.Engine;

namespace Hub.Console;

/// <summary>Words of what needs two persons, of saved views and of charts.</summary>
internal static partial class Labels
{
    private static readonly Dictionary<string, (string Zh, string En)> TwoPersonsWords = new(StringComparer.Ordinal)
    {
        // Kinds of requests
        ["approval_amend"] = ("更正后重试", "Correct and retry"),
        ["approval_recall"] = ("撤回送达", "Recall a delivery"),
        ["approval_waiver"] = ("过户欠费免结清", "Waive arrears in a transfer"),
        ["approval_calendar"] = ("日历变更", "Change of the calendar"),
        ["act_Amend"] = ("更正内容并重试", "Correct and retry"),
        ["act_Recall"] = ("撤回", "Recall"),
        ["act_CarryOut"] = ("执行已同意的申请", "Carry out what was approved"),
        ["act_PutCalendar"] = ("启用日历", "Put calendar in force"),
        ["act_SaveView"] = ("保存视图", "Save view"),
        ["act_DeleteView"] = ("删除视图", "Delete view"),
        ["reason_recalled_by_operator"] = ("已由人工撤回", "recalled by hand"),

        // What an approver sees
        ["changes"] = ("更正内容", "What is corrected"),
        ["field"] = ("字段", "Field"),
        ["before"] = ("更正前", "Before"),
        ["after"] = ("更正后", "After"),
        ["nothing_there"] = ("（无）", "(none)"),
        ["changes_masked"] = ("个人信息已掩码；两侧显示相同的，实际内容也不同。", "Personal data is masked; where both sides look alike they differ all the same."),
        ["changes_unmasked"] = ("以下为完整内容，本次查看已记入存证。", "In full; that you looked is in the exchange log."),
        ["arrears"] = ("欠费", "Arrears"),
        ["yuan"] = ("{0} 元", "{0} yuan"),
        ["amount_unknown"] = ("金额未报", "amount not told"),
        ["request_gone"] = ("申请提出后情况已有变化，已无法执行；请拒绝后重新申请。", "What it is about has changed since it was asked for: it cannot be done. Decline it and ask anew."),
        ["request_over"] = ("申请已超过 7 天，不能再同意；请拒绝后重新申请。", "It was asked for more than 7 days ago and can no longer be approved. Decline it and ask anew."),
        ["effect"] = ("执行结果", "What came of it"),
        ["effect_done"] = ("已执行", "Done"),
        ["effect_to_do"] = ("待申请人执行（三日内有效）", "For whoever asked to do, within three days"),
        ["effect_unknown"] = ("未记录结果，请查看对象", "Not on record; look at what it was about"),
        ["asked_already"] = ("{0} 已于 {1} 申请：{2}，等待审批人决定。", "{0} asked at {1}: {2}; it waits for an approver."),

        // Correct and retry
        ["correct"] = ("更正后重试", "Correct and retry"),
        ["correct_more"] = ("可修改下面的内容；掩码的文字（如“张***”）保持原样即表示不改。提交后由另一名审批人查看差异，同意后以更正后的内容重试同一送达，原内容保留。",
            "Change what is wrong. A masked text (such as “Z***”) that is left as it is stays what it was. Another person sees the difference and approves it; then the same delivery is retried with the corrected content, and the original is kept."),
        ["correct_content"] = ("更正后的内容（JSON）", "Corrected content (JSON)"),
        ["correct_ask"] = ("申请更正并重试", "Ask to correct and retry"),
        ["correct_not"] = ("这类送达的内容由本平台按案件生成，不能手工更正。", "The content of this kind of delivery follows from its case and is not corrected by hand."),
        ["fail_not_correctable"] = ("这类送达的内容不能手工更正。", "The content of this kind of delivery is not corrected by hand."),
        ["fail_not_json"] = ("内容不是有效的 JSON（第 {0} 行附近）。", "The content is no valid JSON (near line {0})."),
        ["fail_too_large"] = ("内容过大。", "The content is too large."),
        ["fail_nothing_changed"] = ("内容没有变化。", "Nothing was changed."),
        ["fail_masked_moved"] = ("掩码的文字只能留在原处；要改动该字段，请填写完整内容。", "A masked text can only stay where it stood; to change that field, write it in full."),
        ["fail_not_parked"] = ("只有搁置的送达可以更正。", "Only a parked delivery is corrected."),
        ["fail_content_gone"] = ("内容已按保存期限清除，无法更正。", "The content was removed after its time and cannot be corrected."),

        // Recall
        ["recall_ask"] = ("申请撤回", "Ask to recall"),
        ["recall_explained"] = ("尚未送出的可以撤回：由审批人同意后不再送出，同一案件后面的照常送出。", "What has not left can be recalled: once an approver agrees it is not sent, and what follows in the case goes on."),
        ["recall_never"] = ("不能撤回：接收方已接收，送出的内容收不回来。", "It cannot be recalled: the receiver has taken it, and what was sent cannot be called back."),
        ["instead_lead"] = ("如项目有变，由审批部门发布变更或撤销，平台会向接收方推送更新或撤回线索。", "If the project has changed, its bureau publishes an amendment or a revocation; the receiver is then sent an update or a withdrawal."),
        ["instead_account"] = ("如过户应当撤销，由登记机构发布更正或撤回；平台会按相反次序逐户冲正。", "If the transfer is to be undone, the register publishes a correction or a withdrawal; each account is then reversed in the opposite order."),
        ["instead_permit"] = ("如审批事项有变，由申请人更正或撤回申请，平台会通知有关部门。", "If the permit has changed, the applicant corrects or withdraws; the departments concerned are told."),
        ["instead_none"] = ("这类送达没有相反的业务；如内容有误，请在新的业务中更正并告知接收方。", "There is no act that undoes this kind of delivery; if it was wrong, correct it by what follows and tell the receiver."),

        // Refusals of the engine
        ["fail_no_delivery"] = ("没有这条送达。", "There is no such delivery."),
        ["fail_settled"] = ("该送达已办结。", "It is settled already."),
        ["fail_under_way"] = ("正在送出，请一分钟后再试。", "An attempt is under way; try again in a minute."),
        ["fail_may_have_it"] = ("接收方可能已经收到，不能撤回或更正；请重试，平台会先询问接收方。", "The receiver may have it already: it is neither recalled nor corrected. Retry it; the receiver is asked first."),
        ["fail_in_feed"] = ("已放入接收方的领取队列，可能已被读取，不能撤回。", "It lies in the receiver's feed and may have been read: it cannot be recalled."),
        ["fail_recalled"] = ("该送达已撤回。", "It was recalled already."),
        ["fail_changed"] = ("申请提出后情况已有变化，未执行。", "What it is about has changed since it was asked for; nothing was done."),
        ["fail_expired"] = ("申请已超过 7 天，不能再同意。", "It was asked for more than 7 days ago and can no longer be approved."),

        // Waiver
        ["waiver_two"] = ("免结清须由另一名审批人同意后生效。", "A waiver takes effect once another person approves it."),

        // A receiver that asks for fewer calls
        ["class_busy"] = ("对方限流", "Busy"),
        ["class_busy_means"] = ("对方在应答，但要求减少调用（429 或 503）。平台已按其要求等待，没有丢失，会自动续送。", "They answer and ask for fewer calls (429 or 503). The hub waits as they ask; nothing is lost, and it goes on by itself."),
        ["class_busy_steps"] = ("认领本事件|看最久等待和到期时间|询问对方限额或维护时段，商定每秒次数|不要批量重试：对方会继续拒绝", "Take the incident on|Look at the oldest and at what is due|Ask for their limit or their maintenance hours, and agree on a rate|No bulk retry: they would refuse again"),
        ["sentence_busy"] = ("{0} 限流已 {1}，积压 {2} 条", "{0} asks for fewer calls for {1}, {2} waiting"),

        // Filters and saved views
        ["resent_only"] = ("只看重送", "Re-sent only"),
        ["number_of_case"] = ("案件、项目、不动产单元、户号等编号", "Case, project, unit, account or other number"),
        ["views"] = ("常用视图", "Saved views"),
        ["view_save"] = ("保存当前筛选", "Save these filters"),
        ["view_name"] = ("视图名称", "Name of the view"),
        ["view_shared"] = ("同事可见", "Shared"),
        ["view_by"] = ("{0} 共享", "shared by {0}"),
        ["view_delete"] = ("删除视图“{0}”", "Delete the view “{0}”"),
        ["fail_view_name"] = ("请填写视图名称（40 字以内）。", "Please name the view (at most 40 characters)."),
        ["fail_view_empty"] = ("请先筛选，再保存视图。", "Filter first, then save the view."),
        ["fail_views_most"] = ("最多保存 50 个视图，请先删除不用的。", "At most 50 views; delete one first."),
        ["done_view_saved"] = ("视图已保存。", "The view is saved."),
        ["done_view_deleted"] = ("视图已删除。", "The view is deleted."),

        // Charts
        ["chart_latency"] = ("受理到送达用时（最近 24 小时，按小时，毫秒）", "From accepted to delivered (24 h, by hour, ms)"),
        ["chart_latency_more"] = ("每 5 分钟取最早的 25 件事项为样本；未送达的不计入用时，另列。", "Sampled: the first 25 events of every 5 minutes. What is not delivered has no time and is counted beside."),
        ["p50"] = ("中位数", "median"),
        ["p95"] = ("95% 以内", "95 % within"),
        ["p99"] = ("99% 以内", "99 % within"),
        ["sampled"] = ("样本", "sampled"),
        ["not_yet"] = ("未送达", "not delivered"),
        ["hour"] = ("时段", "Hour"),
        ["chart_lag"] = ("各接收方积压（最近 24 小时，未送达条数）", "Backlog by receiver (24 h, not delivered)"),
        ["chart_lag_more"] = ("只画积压最多的 6 家；每小时取一次，末行为现在。", "The 6 receivers with the largest backlog; once an hour, the last row is now."),
        ["chart_oldest"] = ("各接收方最久等待（现在，分钟）", "Oldest waiting by receiver (now, minutes)"),
        ["minutes"] = ("分钟", "minutes"),
        ["now"] = ("现在", "now"),
        ["chart_load"] = ("运行中的时限（按客户类别和紧迫程度）", "Limits that run (by class and how near they are)"),
        ["chart_load_more"] = ("一个案件可有多个时限；筛选条件同样适用。", "A case may have several limits; the filters apply."),
        ["class_of_customer"] = ("类别", "Class"),
        ["band_overdue"] = ("已超时", "overdue"),
        ["band_today"] = ("今日", "today"),
        ["band_one"] = ("1 日内", "1 day"),
        ["band_three"] = ("3 日内", "3 days"),
        ["band_later"] = ("更晚", "later"),
        ["band_paused"] = ("暂停", "paused"),
        ["chart_funnel"] = ("联办漏斗（最近 500 件）", "Funnel of co-transfers (the last 500)"),
        ["chart_funnel_more"] = ("到达各步的件数；“退出”指在该步终止、退回或正在补偿。", "How many reached each step; “dropped out” ended there, was turned down, or is being compensated."),
        ["funnel_reached"] = ("到达", "reached"),
        ["funnel_here"] = ("停在此步", "standing here"),
        ["funnel_out"] = ("退出", "dropped out"),
        ["chart_empty"] = ("还没有数据。", "There are no figures yet."),

        // Calendar
        ["calendar_change"] = ("日历变更", "Change of the calendar"),
        ["calendar_change_more"] = ("粘贴或上传新的日历（YAML，含全部日期范围和更高的版本号）。先检查并试算，再提交；另一名审批人同意后在全部节点生效，在办案件的时限自动重算并记入存证。",
            "Paste or upload the new calendar (YAML with the whole range of days and a higher version). Check it and see what it moves, then ask; once another person approves it, it is in force on every node and the limits of open cases are counted anew, on record."),
        ["calendar_text"] = ("日历（YAML）", "Calendar (YAML)"),
        ["calendar_file"] = ("或上传文件", "Or upload a file"),
        ["calendar_try"] = ("检查并试算", "Check and try"),
        ["calendar_ask"] = ("提交审批", "Ask for approval"),
        ["calendar_sound"] = ("检查通过：{0}。", "It is sound: {0}."),
        ["calendar_moves"] = ("将改动 {1} 个运行中时限里的 {0} 个", "It moves {0} of {1} limits that run"),
        ["calendar_moves_none"] = ("没有时限因此改变。", "It moves no limit."),
        ["calendar_due_now"] = ("现到期日", "Due now"),
        ["calendar_due_then"] = ("新到期日", "Due then"),
        ["calendar_problems"] = ("日历有误，未提交", "The calendar has faults"),
        ["line"] = ("行", "Line"),
        ["fail_calendar"] = ("日历有误，见下面的说明。", "The calendar has faults, named below."),
        ["fail_calendar_empty"] = ("请粘贴或上传日历（200 KB 以内）。", "Paste or upload a calendar (at most 200 KB)."),
        ["fail_calendar_overtaken"] = ("申请提出后已有其他日历生效，未启用。", "Another calendar has come into force since it was asked for; nothing was done."),
        ["and_more"] = ("另有 {0} 个", "and {0} more"),
        ["done_proposed"] = ("已提交，等待另一名审批人决定。", "Asked; it waits for another person's approval."),
    };

    private static readonly Dictionary<string, string> Refusals = new(StringComparer.Ordinal)
    {
        [ActRefusals.NoSuch] = "fail_no_delivery",
        [ActRefusals.Settled] = "fail_settled",
        [ActRefusals.UnderWay] = "fail_under_way",
        [ActRefusals.NotParked] = "fail_not_parked",
        [ActRefusals.MayHaveIt] = "fail_may_have_it",
        [ActRefusals.InFeed] = "fail_in_feed",
        [ActRefusals.Changed] = "fail_changed",
        [ActRefusals.RecalledBefore] = "fail_recalled",
    };

    /// <summary>The word's key for a sentence of the engine; whatever else it is stays as it is. The engine names the delivery that comes first, which a person finds in the case.</summary>
    public static string KeyOf(string refusal) =>
        Refusals.TryGetValue(refusal, out var key) ? key : refusal.StartsWith("An earlier delivery", StringComparison.Ordinal) ? "fail_earlier_first" : refusal;
}
