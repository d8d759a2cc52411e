using Godwit.Cli;
using Godwit.Migration;

var surroundings = Surroundings.OfProcess();
if (!ProcessTitle.TryHidePasswords(args))
    surroundings.Error.WriteLine(
        "warning: other users can see the URI's password in the list of processes. Use a password file."
    );
return await new GodwitApp(surroundings, CreateRun).RunAsync(args).ConfigureAwait(false);

// The one place where the command line meets the engine.
static IMigrationRun CreateRun(MigrationOptions options, IMigrationLog log) =>
    new MigrationJob(options, log, TimeProvider.System);
