import { createApi } from "../src/api/routes.ts";
import { main } from "../src/cli/main.ts";

// The faces don't know each other: this is where the command line is given the API that `provision serve` offers.
await main(process.argv.slice(2), { createApi });
