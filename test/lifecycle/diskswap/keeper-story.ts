import type { ExecutionContext } from "ava";
import type { Pool } from "../../../src/disks.ts";
import type { World } from "../../../src/raid/world.ts";
import { createFakeKeeper, type FakeKeeper, keeperOf, keptHost, newSerial, oldSerial } from "./fake-keeper.ts";
import { type Deed, type Hands, openSwap, type SwapOptions, type SwapStory } from "./swap-story.ts";

export interface KeeperStory extends SwapStory {
  readonly keeper: FakeKeeper;
}

export interface KeeperOptions extends Partial<SwapOptions> {
  readonly kind: Pool["kind"];
  readonly world?: World;
  readonly hands?: Hands;
  readonly keeper?: Partial<FakeKeeper>;
}

const end = (serial: string) => serial.slice(-4);

/** Somebody who pulls the old disk, puts the new one in, and types what is asked for. */
export async function openKeeperSwap(t: ExecutionContext, options: KeeperOptions): Promise<KeeperStory> {
  const { kind, world = keptHost(kind), hands, keeper: like, parameters, ...rest } = options;
  const own: { keeper?: FakeKeeper } = {};
  const isIn = () => own.keeper?.bay !== undefined || story.host.world.disks.some((one) => one.serial === oldSerial);
  const isNewIn = () =>
    own.keeper?.bay !== undefined || story.host.world.disks.some(({ serial }) => serial === newSerial);
  const pull: Deed = () => {
    if (isIn()) own.keeper?.pull();
    return end(oldSerial);
  };
  const put: Deed = () => {
    if (!isNewIn()) own.keeper?.insert();
    return undefined;
  };
  const story: SwapStory = await openSwap(
    t,
    { world, ...rest, parameters: { disk: oldSerial, keeper: keeperOf(kind), ...parameters } },
    { pull, gone: pull, "new-disk": put, wipe: () => end(newSerial), ...hands },
  );
  own.keeper = Object.assign(createFakeKeeper(story.host), like);
  return Object.assign(story, { keeper: own.keeper });
}
