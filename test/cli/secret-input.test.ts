import { Readable } from "node:stream";
import test from "ava";
import { readSecret } from "../../src/cli/secret-input.ts";

test("the terminal stops to show what is typed before anybody is asked", async (t) => {
  const did: string[] = [];
  const input = Object.assign(Readable.from(["canary\r"]), {
    isTTY: true,
    setRawMode(this: never, raw: boolean) {
      did.push(raw ? "hide" : "show");
      return this;
    },
  });
  const prompt = (text: string) => void did.push(JSON.stringify(text));
  const interrupted = new AbortController().signal;
  const secret = await readSecret("The secret:", { input, prompt, interrupted, interrupt: () => {} });
  t.is(secret?.reveal(), "canary");
  t.deepEqual(did, ["hide", '"The secret: "', "show", '"\\n"']);
});
