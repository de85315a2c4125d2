using System.Text.Encodings.Web;
using System.Text.Unicode;
using Hub.Ledger;
using Hub.Schedule;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.Options;

namespace Hub.Console;

/// <summary>Wires the console: pages, sign-in, what they read, and what works for them in the background.</summary>
internal static class ConsoleServices
{
    public static void Add(IServiceCollection services)
    {
        // Chinese stays readable in the page's source; markup characters are escaped as ever.
        services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));
        services.AddSingleton<Operators>().AddSingleton<DeliveryList>().AddSingleton<CaseFiles>().AddSingleton<Traffic>().AddSingleton<Incidents>().AddSingleton<ApprovalRequests>().AddSingleton<BulkJobs>().AddSingleton<SavedViews>().AddSingleton<Latencies>().AddSingleton<LatencyBands>().AddSingleton<ConnectorEditing>();
        services.AddSingleton<DeadlineCounts>().AddSingleton<DeliveryActs>().AddSingleton<Waivers>().AddSingleton<CalendarChanges>().AddSingleton<ApprovalLooks>().AddSingleton<TwoPersons>().AddSingleton<LivePulse>().AddHttpContextAccessor().AddScoped<Frame>();
        services.AddSingleton<IncidentWatch>().AddHostedService(provider => provider.GetRequiredService<IncidentWatch>());
        services.AddSingleton<Submissions>().AddSingleton<ServiceReports>().AddSingleton<Certifications>();
        services.AddSingleton<CertificationRunner>().AddHostedService(provider => provider.GetRequiredService<CertificationRunner>());
        services.AddSingleton<AlertRules>().AddSingleton<AlertWatch>().AddHostedService(provider => provider.GetRequiredService<AlertWatch>());
        services.AddSingleton<BulkRunner>().AddHostedService(provider => provider.GetRequiredService<BulkRunner>());

        services.AddAuthentication(SessionAuthentication.SchemeName).AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(SessionAuthentication.SchemeName, configureOptions: null);
        services.AddAuthorization(options => options.DefaultPolicy = new AuthorizationPolicyBuilder(SessionAuthentication.SchemeName).RequireAuthenticatedUser().Build());

        // A form shown by one node may be sent to another, so its key is in the database.
        services.AddDataProtection().SetApplicationName("hub");
        services.AddSingleton<FormKeys>().AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider =>
            new ConfigureOptions<KeyManagementOptions>(options => options.XmlRepository = provider.GetRequiredService<FormKeys>()));
        services.AddAntiforgery(form =>
        {
            form.Cookie.Name = "hub_form";
            form.Cookie.SameSite = SameSiteMode.Strict;
            form.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });
        services.AddRazorPages(pages => pages.RootDirectory = "/Console/Pages");
    }

    /// <summary>Pages for people, none of them without sign-in but the one that asks for it.</summary>
    public static void Map(WebApplication app)
    {
        app.MapGet("/live", (HttpContext http, LivePulse pulse) => pulse.ListenAsync(http)).RequireAuthorization();
        app.MapRazorPages().RequireAuthorization();
    }

    /// <summary>Files that carry their digest in their address never change; the others are asked for anew.</summary>
    public static void PrepareFile(StaticFileResponseContext file)
    {
        file.Context.Response.Headers.XContentTypeOptions = "nosniff";
        file.Context.Response.Headers.CacheControl = file.Context.Request.Query.ContainsKey("v") ? "public, max-age=31536000, immutable" : "no-cache";
    }

    /// <summary>Headers of pages, and a name for each request that people can tell us.</summary>
    public static Task PreparePage(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<PageActionDescriptor>() is not null)
        {
            http.TraceIdentifier = Guid.CreateVersion7(http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow()).ToString("N");
            ConsoleHeaders.Write(http.Response.Headers);
        }

        return next(http);
    }
}
