using Hub.Ledger;
using Npgsql;
using Xunit;

namespace Hub.Tests.Ledger;

public sealed class OperatorsTests
{
    private const string Password = "correct horse";

    private readonly FakeClock clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_right_password_opens_a_session_and_sign_out_ends_it_at_once()
    {
        await using var database = await TestDatabase.CreateAsync();
        var operators = await WithAsync(database, "li.ming", Roles.Operator);

        var result = await operators.SignInAsync("li.ming", Password, code: null, "browser");

        Assert.Equal(SignInVerdict.Welcome, result.Verdict);
        var (found, session) = (await operators.SessionAsync(result.Token!))!.Value;
        Assert.Equal(("li.ming", "browser"), (found.Name, session.Client));
        await operators.SignOutAsync(session);
        Assert.Null(await operators.SessionAsync(result.Token!));
    }

    [Theory]
    [InlineData("li.ming", "wrong password")]
    [InlineData("nobody", Password)]
    [InlineData("", "")]
    public async Task What_is_wrong_is_not_told(string name, string password)
    {
        await using var database = await TestDatabase.CreateAsync();
        var operators = await WithAsync(database, "li.ming", Roles.Viewer);

        Assert.Equal(new SignInResult(SignInVerdict.Wrong), await operators.SignInAsync(name, password, code: null, ""));
    }

    [Fact]
    public async Task Five_wrong_tries_lock_a_name_for_a_quarter_of_an_hour_even_for_the_right_password()
    {
        await using var database = await TestDatabase.CreateAsync();
        var operators = await WithAsync(database, "li.ming", Roles.Viewer);

        var verdicts = new List<SignInVerdict>();
        for (var i = 0; i < Operators.TriesMax; i++)
            verdicts.Add((await operators.SignInAsync("li.ming", "wrong password", code: null, "")).Verdict);

        Assert.Equal([SignInVerdict.Wrong, SignInVerdict.Wrong, SignInVerdict.Wrong, SignInVerdict.Wrong, SignInVerdict.Locked], verdicts);
        Assert.Equal(clock.GetUtcNow() + TimeSpan.FromMinutes(15), (await operators.SignInAsync("li.ming", Password, code: null, "")).LockedUntil);
        clock.Advance(TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(1));
        Assert.Equal(SignInVerdict.Welcome, (await operators.SignInAsync("li.ming", Password, code: null, "")).Verdict);
    }

    [Fact]
    public async Task Only_tries_in_a_row_count()
    {
        await using var database = await TestDatabase.CreateAsync();
        var operators = await WithAsync(database, "li.ming", Roles.Viewer);

        for (var i = 0; i < 2 * Operators.TriesMax; i++)
            Assert.Equal(i % 4 == 3 ? SignInVerdict.Welcome : SignInVerdict.Wrong, (await operators.SignInAsync("li.ming", i % 4 == 3 ? Password : "wrong password", code: null, "")).Verdict);
    }

    [Fact]
    public async Task With_a_second_factor_the_password_alone_opens_nothing_and_a_code_counts_once()
    {
        await using var database = await TestDatabase.CreateAsync();
        var operators = await WithAsync(database, "wang", Roles.Approver);
        var secret = Totp.NewSecret();
        Assert.False(await operators.EnrolTotpAsync((await operators.FindAsync("wang"))!, secret, "000000"));
        Assert.True(await operators.EnrolTotpAsync((await operators.FindAsync("wang"))!, secret, Code(secret)));

        Assert.Equal(SignInVerdict.CodeNeeded, (await operators.SignInAsync("wang", Password, code: null, "")).Verdict);
        Assert.Equal(SignInVerdict.Wrong, (await operators.SignInAsync("wang", Password, Code(secret), "")).Verdict);
        clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(SignInVerdict.Wrong, (await operators.SignInAsync("wang", "wrong password", Code(secret), "")).Verdict);
        Assert.Equal(SignInVerdict.Welcome, (await operators.SignInAsync("wang", Password, Code(secret), "")).Verdict);
        Assert.Equal(SignInVerdict.Wrong, (await operators.SignInAsync("wang", Password, Code(secret), "")).Verdict);

        // Neither the secret nor a password stands anywhere in the clear.
        Assert.NotEqual(secret, (await operators.FindAsync("wang"))!.TotpSecret);
    }

    [Theory]
    [InlineData(Roles.Viewer, true)]
    [InlineData(Roles.Operator, true)]
    [InlineData(Roles.Auditor, true)]
    [InlineData(Roles.Approver, false)]
    [InlineData(Roles.SecurityOfficer, false)]
    public async Task A_second_factor_is_given_up_only_by_roles_that_may(string role, bool may)
    {
        await using var database = await TestDatabase.CreateAsync();
        var operators = await WithAsync(database, "wang", role);
        var secret = Totp.NewSecret();
        await operators.EnrolTotpAsync((await operators.FindAsync("wang"))!, secret, Code(secret));

        Assert.Equal(may, await operators.DropTotpAsync((await operators.FindAsync("wang"))!));
        Assert.Equal(may, (await operators.FindAsync("wang"))!.TotpSecret is null);
    }

    [Fact]
    public async Task A_session_ends_by_its_time_by_idleness_by_a_lock_by_a_reset_and_by_command()
    {
        await using var database = await TestDatabase.CreateAsync();
        var operators = await WithAsync(database, "li.ming", Roles.Viewer);

        async Task<string> OpenAsync(string password = Password) => (await operators.SignInAsync("li.ming", password, code: null, "")).Token!;

        var idle = await OpenAsync();
        clock.Advance(Operators.IdleMax);
        Assert.Null(await operators.SessionAsync(idle));

        var old = await OpenAsync();
        for (var waited = TimeSpan.Zero; waited < Operators.SessionMax; waited += TimeSpan.FromMinutes(30))
        {
            Assert.NotNull(await operators.SessionAsync(old));
            clock.Advance(TimeSpan.FromMinutes(30));
        }

        Assert.Null(await operators.SessionAsync(old));

        var (kept, other) = (await OpenAsync(), await OpenAsync());
        Assert.Equal(1, await operators.EndSessionsAsync("li.ming", (await operators.SessionAsync(kept))!.Value.Session, "li.ming", "own"));
        Assert.Null(await operators.SessionAsync(other));
        await operators.DisableAsync("li.ming", disabled: true, "admin", "left");
        Assert.Null(await operators.SessionAsync(kept));
        Assert.Equal(SignInVerdict.Wrong, (await operators.SignInAsync("li.ming", Password, code: null, "")).Verdict);
        await operators.DisableAsync("li.ming", disabled: false, "admin", "back");

        var before = await OpenAsync();
        await operators.ResetAsync("li.ming", "another password", dropTotp: false, but: null, "admin", "forgotten");
        Assert.Null(await operators.SessionAsync(before));
        Assert.Equal(SignInVerdict.Wrong, (await operators.SignInAsync("li.ming", Password, code: null, "")).Verdict);
        Assert.NotNull(await operators.SessionAsync(await OpenAsync("another password")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("zz")]
    [InlineData("00000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task A_made_up_token_is_nobody(string token)
    {
        await using var database = await TestDatabase.CreateAsync();

        Assert.Null(await (await WithAsync(database, "li.ming", Roles.Viewer)).SessionAsync(token));
    }

    [Theory]
    [InlineData("Li Ming", Roles.Viewer, Password)]
    [InlineData("x", Roles.Viewer, Password)]
    [InlineData("li.ming", "king", Password)]
    [InlineData("li.ming", Roles.Viewer, "short")]
    public async Task A_bad_name_role_or_password_is_refused_with_a_sentence(string name, string role, string password)
    {
        await using var database = await TestDatabase.CreateAsync();
        var operators = new Operators(database.Source, clock, TestDatabase.Bodies);

        await Assert.ThrowsAsync<InvalidOperationException>(() => operators.CreateAsync(name, name, [role], partner: null, password, "test"));
    }

    [Fact]
    public async Task Every_change_is_in_the_log_without_a_secret_and_the_chain_holds()
    {
        await using var database = await TestDatabase.CreateAsync();
        var operators = await WithAsync(database, "li.ming", Roles.Viewer);
        Assert.False(await operators.CreateAsync("li.ming", "again", [Roles.Viewer], partner: null, Password, "test"));
        await operators.SignInAsync("li.ming", Password, code: null, "");
        await operators.SetRolesAsync("li.ming", [Roles.Operator], "admin", "new duty");
        await operators.ResetAsync("li.ming", "another password", dropTotp: true, but: null, "admin", "lost phone");

        var entries = await database.ReadAllAsync<string>("SELECT convert_from(content, 'UTF8') FROM exchange_log WHERE kind = 'operator.acted' ORDER BY seq");

        Assert.Equal(["act CreateOperator", "act SignIn", "act SetRoles", "act ResetPassword"], entries.Select(entry => entry.Split('\n')[0]));
        Assert.All(entries, entry => Assert.DoesNotContain("password", entry, StringComparison.Ordinal));
        Assert.True((await new ExchangeLog(database.Source, clock, TestDatabase.Bodies).VerifyAsync([], Cancellation)).Ok);
    }

    [Fact]
    public async Task Nobody_approves_what_they_asked_for()
    {
        await using var database = await TestDatabase.CreateAsync();
        var operators = await WithAsync(database, "li.ming", Roles.Operator, Roles.Approver);
        await operators.CreateAsync("wang", "wang", [Roles.Approver], partner: null, Password, "test");
        var requests = new ApprovalRequests(database.Source, clock, TestDatabase.Bodies);
        Assert.True(await requests.AskAsync("skip", "a", "reason", "li.ming", "r1"));
        Assert.False(await requests.AskAsync("skip", "a", "again", "wang", "r2"));
        var asked = Assert.Single(await requests.OpenAsync());

        Assert.False(await requests.DecideAsync(asked, granted: true, "", "li.ming", "r3"));
        await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync("UPDATE approvals SET decided_by = requested_by"));
        Assert.True(await requests.DecideAsync(asked, granted: true, "seen", "wang", "r4"));
        Assert.False(await requests.DecideAsync(asked, granted: false, "too late", "wang", "r5"));

        Assert.Equal(("wang", true), ((await requests.FindAsync(asked.Id))!.DecidedBy, (await requests.FindAsync(asked.Id))!.Granted));
    }

    private string Code(byte[] secret) => Totp.Code(secret, Totp.StepAt(clock.GetUtcNow()));

    private async Task<Operators> WithAsync(TestDatabase database, string name, params string[] roles)
    {
        var operators = new Operators(database.Source, clock, TestDatabase.Bodies);
        Assert.True(await operators.CreateAsync(name, name, roles, partner: null, Password, "test"));
        return operators;
    }
}
