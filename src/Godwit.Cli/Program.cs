using Godwit.Cli;
using Godwit.Live;
using Godwit.Migration;
using Godwit.Planning;
using Godwit.Verification;

var surroundings = Surroundings.OfProcess();
if (!ProcessTitle.TryHidePasswords(args))
    surroundings.Error.WriteLine(
        "warning: other users can see the URI's password in the list of processes. Use a password file."
    );
return await new GodwitApp(surroundings, CreateRun, CreatePlan, CreateVerification)
    .RunAsync(args)
    .ConfigureAwait(false);

// The one place where the command line meets the engine.
static IMigrationRun CreateRun(MigrationOptions options, IMigrationLog log)
{
    IMigrationRun run = options.Live is { } live
        ? new LiveRun(
            options,
            live,
            log,
            errors => new LiveJobChoice(options, live, errors, TimeProvider.System),
            TimeProvider.System
        )
        : new MigrationJob(options, log, TimeProvider.System);
    return options.Verify ? new VerifiedMigration(options, run, log, TimeProvider.System) : run;
}

static IPlanRun CreatePlan(MigrationOptions options) => new PlanJob(options, new PlanSettings(), TimeProvider.System);

static IVerificationRun CreateVerification(VerificationOptions options, IMigrationLog log) =>
    new VerificationJob(options, log, TimeProvider.System);
