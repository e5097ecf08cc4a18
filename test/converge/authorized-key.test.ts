import test from "ava";
import type { Item } from "../../src/converge/resource.ts";
import { authorizedKeyType } from "../../src/converge/resources/authorized-key.ts";

const item = (id: number, user: string): Item => ({
  id,
  reference: "",
  type: "authorized_key",
  title: `${id}`,
  role: "r",
  declared: { file: "f" },
  desired: { name: `${id}`, user, key: `ssh-ed25519 ${String(id).repeat(60)}`, ensure: "present" },
  inputs: { restart: "-", reload: "-" },
});

const asked = (items: readonly Item[]) =>
  [...authorizedKeyType.read(items as never).matchAll(/^authorized_key_seen (\d+)/gm)].map(([, id]) => Number(id));

test("the keys of a plan are asked about in the same order as those of the whole catalogue", (t) => {
  const all = [item(1, "zoe"), item(2, "ada"), item(3, "zoe"), item(4, "ada")];
  const planned = all.slice(1);
  const ids = planned.map(({ id }) => id);
  t.deepEqual(
    asked(planned),
    asked(all).filter((id) => ids.includes(id)),
  );
  t.is(asked(all).length, 4);
});
