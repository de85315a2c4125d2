using System.CommandLine;

// The executable: `Hub serve` runs the hub, the other commands act on its database. Server.cs wires the loop in its order.
// Stopping is the host's, which drains: the command line's own handling of signals would end the process after 2 seconds.
return await Hub.Commands.CommandLine.Root().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
