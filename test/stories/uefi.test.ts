import test from "ava";
import { tellStory } from "./machine.ts";

test("web02 (UEFI): from power-off over PXE to a verified Varnish node, and never installed unasked", (t) =>
  tellStory(t, { name: "web02", address: "10.77.0.12", bmc: "127.0.77.12", firmware: "uefi" }));
