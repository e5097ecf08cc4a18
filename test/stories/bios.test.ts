import test from "ava";
import { tellStory } from "./machine.ts";

test("web01 (BIOS): from power-off over PXE to a verified Varnish node, and never installed unasked", (t) =>
  tellStory(t, { name: "web01", address: "10.77.0.11", bmc: "127.0.77.11", firmware: "bios" }));
