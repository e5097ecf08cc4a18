import { keepCompiled } from "./compiled.ts";

// Before anything else is loaded: it halves the start of every command.
keepCompiled(process.env);
const { createApi } = await import("../src/api/routes.ts");
const { main } = await import("../src/cli/main.ts");

// The faces don't know each other: this is where the command line is given the API that `provision serve` offers.
await main(process.argv.slice(2), { createApi });
