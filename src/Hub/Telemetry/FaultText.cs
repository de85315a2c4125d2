using System.Text;

namespace Hub.Telemetry;

/// <summary>
/// An exception for the log: what it was and where, without its message. Messages quote what could not be read ("'…' is not a number"), and that may be
/// somebody's phone number.
/// </summary>
internal static class FaultText
{
    public static string Of(Exception fault)
    {
        var text = new StringBuilder();
        for (var one = fault; one is not null; one = one.InnerException)
        {
            text.Append(text.Length == 0 ? "" : "\n caused by ").Append(one.GetType().FullName);
            if (one is Npgsql.PostgresException postgres)
                text.Append(' ').Append(postgres.SqlState).Append(' ').Append(postgres.ConstraintName);
            text.Append('\n').Append(one.StackTrace);
        }

        return text.ToString();
    }
}
