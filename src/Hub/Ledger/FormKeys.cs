using System.Xml.Linq;
using Dapper;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Npgsql;

namespace Hub.Ledger;

/// <summary>The keys behind the forms' antiforgery tokens, in the database, so that a form shown by one node may be sent to another.</summary>
internal sealed class FormKeys(NpgsqlDataSource database, BodyCipher bodies) : IXmlRepository
{
    private const string AllSql = "SELECT content FROM form_keys ORDER BY key_id";

    private const string InsertSql = "INSERT INTO form_keys (content) VALUES (@content)";

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var connection = database.OpenConnection();
        return [.. connection.Query<string>(AllSql).Select(stored => XElement.Parse(bodies.OpenText(stored)))];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var connection = database.OpenConnection();
        connection.Execute(InsertSql, new { content = bodies.SealText(element.ToString(SaveOptions.DisableFormatting)) });
    }
}
