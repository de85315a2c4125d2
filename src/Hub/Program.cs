// The executable: `Hub serve` runs the hub, the other commands act on its database. Server.cs wires the loop in its order.
return await Hub.Commands.CommandLine.Root().Parse(args).InvokeAsync();
