namespace Hub.Schemas;

/// <summary>Classes of a connection (客户类别): voltage and number of supplies. Everything else about a customer is a tag.</summary>
public static class ConnectionClasses
{
    public const string LvResident = "LV_RESIDENT";
    public const string LvNonResident = "LV_NONRES";
    public const string HvSingle = "HV_SINGLE";
    public const string HvDual = "HV_DUAL";

    public static IReadOnlyList<string> All { get; } = [LvResident, LvNonResident, HvSingle, HvDual];
}

/// <summary>What is said of a customer beside the class (附加属性); a customer may have several.</summary>
public static class ConnectionTags
{
    /// <summary>三零: zero visits, zero approval, zero investment.</summary>
    public const string Sanling = "SANLING";
    public const string SmallMicro = "SMALL_MICRO";
    public const string Important = "IMPORTANT";
    public const string EvCharger = "EV_CHARGER";
    public const string Site5G = "SITE_5G";

    /// <summary>35 kV and above.</summary>
    public const string Kv35 = "KV35";

    public static IReadOnlyList<string> All { get; } = [Sanling, SmallMicro, Important, EvCharger, Site5G, Kv35];
}

/// <summary>Stages of a connection (环节). A city's own steps are names for one or more of them.</summary>
public static class ConnectionStages
{
    public const string Accepted = "ACCEPTED";
    public const string Survey = "SURVEY";
    public const string PlanReplied = "PLAN_REPLIED";
    public const string RouteDesign = "ROUTE_DESIGN";
    public const string DesignReview = "DESIGN_REVIEW";
    public const string MidCheck = "MID_CHECK";
    public const string ExternalWork = "EXTERNAL_WORK";
    public const string Permit = "PERMIT";
    public const string CompletionCheck = "COMPLETION_CHECK";
    public const string Contract = "CONTRACT";
    public const string Metered = "METERED";
    public const string Closed = "CLOSED";

    public static IReadOnlyList<string> All { get; } =
        [Accepted, Survey, PlanReplied, RouteDesign, DesignReview, MidCheck, ExternalWork, Permit, CompletionCheck, Contract, Metered, Closed];
}

/// <summary>Items of a parallel permit (并联审批事项).</summary>
public static class PermitItems
{
    public const string Planning = "PLANNING";
    public const string Excavation = "EXCAVATION";
    public const string Traffic = "TRAFFIC";
    public const string Green = "GREEN";
    public const string Highway = "HIGHWAY";
    public const string Other = "OTHER";

    public static IReadOnlyList<string> All { get; } = [Planning, Excavation, Traffic, Green, Highway, Other];
}

/// <summary>What the works of a line occupy (占用).</summary>
public static class Occupied
{
    public const string Sidewalk = "SIDEWALK";
    public const string NonMotorLane = "NON_MOTOR_LANE";
    public const string MotorLane = "MOTOR_LANE";
    public const string Green = "GREEN";
    public const string Tree = "TREE";
    public const string Park = "PARK";
    public const string Square = "SQUARE";
    public const string Road = "ROAD";
    public const string Other = "OTHER";

    public static IReadOnlyList<string> All { get; } = [Sidewalk, NonMotorLane, MotorLane, Green, Tree, Park, Square, Road, Other];
}
