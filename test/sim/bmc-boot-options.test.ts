import test from "ava";
import { createFakeClock } from "../../src/clock.ts";
import type { BootFlags } from "../../src/ipmi/commands/boot-flags.ts";
import { bootFlagsParameter } from "../../src/ipmi/commands/boot-options.ts";
import { BootOptions } from "../../src/sim/bmc-boot-options.ts";

const pxeOnce: BootFlags = { valid: true, persistent: false, efi: true, device: "pxe" };
const flagsOf = (boot: BootOptions) => boot.get(bootFlagsParameter);

test("flags are void 60 s after they were set, if no chassis control came", async (t) => {
  const clock = createFakeClock();
  const boot = new BootOptions(clock, {});
  boot.set({ kind: "flags", flags: pxeOnce });
  await clock.advance(59_999);
  t.like(flagsOf(boot), { flags: pxeOnce });
  await clock.advance(1);
  t.like(flagsOf(boot), { flags: { valid: false, device: "none" } });
  t.deepEqual(boot.take(), { device: "none", efi: false });
});

test("a chassis control in time keeps them until the machine starts", async (t) => {
  const clock = createFakeClock();
  const boot = new BootOptions(clock, {});
  boot.set({ kind: "flags", flags: pxeOnce });
  boot.keep();
  await clock.advance(300_000);
  t.deepEqual(boot.take(), { device: "pxe", efi: true });
  t.deepEqual(boot.take(), { device: "none", efi: false }, "once");
});

test("with the timeout switched off first (parameter 3) they stay by themselves", async (t) => {
  const clock = createFakeClock();
  const boot = new BootOptions(clock, {});
  boot.set({ kind: "validity", keepAfterTimeout: true });
  boot.set({ kind: "flags", flags: pxeOnce });
  await clock.advance(300_000);
  t.deepEqual(boot.take(), { device: "pxe", efi: true });
});

test("persistent flags are taken again and again", (t) => {
  const boot = new BootOptions(createFakeClock(), {});
  boot.set({ kind: "flags", flags: { ...pxeOnce, persistent: true } });
  for (let count = 0; count < 3; count += 1) t.deepEqual(boot.take(), { device: "pxe", efi: true });
});

test("flags that are not marked valid are not for the firmware", (t) => {
  const boot = new BootOptions(createFakeClock(), {});
  boot.set({ kind: "flags", flags: { ...pxeOnce, valid: false } });
  t.deepEqual(boot.take(), { device: "none", efi: false });
});

test("a parameter that it doesn't have is refused, in both directions", (t) => {
  const boot = new BootOptions(createFakeClock(), {});
  t.false(boot.set({ kind: "other", parameter: 7, bytes: new Uint8Array(3) }));
  t.is(boot.get(7), undefined);
});

test("a BMC that forgets boot devices says yes and keeps none", (t) => {
  const boot = new BootOptions(createFakeClock(), { forgetBootDevice: true });
  t.true(boot.set({ kind: "flags", flags: pxeOnce }));
  t.like(flagsOf(boot), { flags: { device: "none" } });
});
