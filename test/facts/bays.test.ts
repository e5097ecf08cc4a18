import test from "ava";
import { bays } from "../../src/facts/bays.ts";
import { type MadeHost, makeHost, shells } from "./made-host.ts";

const scsi = "/sys/devices/pci0/host0";

/** A component of an enclosure, as drivers/misc/enclosure.c shows it. */
function component(host: MadeHost, name: string, files: Readonly<Record<string, string>>): string {
  const folder = `${scsi}/enclosure/0:0:12:0/${name}`;
  const all = { type: "device", status: "OK", active: "0", locate: "0", fault: "0", slot: "-1", ...files };
  for (const [file, content] of Object.entries(all)) host.file(`${folder}/${file}`, `${content}\n`);
  return folder;
}

function disk(host: MadeHost, name: string, serial: string): string {
  host.file(`${scsi}/${serial}/block/${name}/size`, "1\n");
  host.file(`${scsi}/${serial}/serial`, `${serial}\n`);
  host.link(`${scsi}/${serial}/block/${name}/device`, `${scsi}/${serial}`);
  host.link(`/sys/block/${name}`, `${scsi}/${serial}/block/${name}`);
  return `${scsi}/${serial}`;
}

function nvme(host: MadeHost, address: string, files: Readonly<Record<string, string>>) {
  for (const [file, content] of Object.entries(files))
    host.file(`/sys/bus/pci/devices/${address}/${file}`, `${content}\n`);
}

for (const [name, shell] of shells) {
  test(`bays by ${name}: an enclosure's slots, the NVMe's, the empty ones; not a fan, not a network card`, (t) => {
    const host = makeHost(t);
    host.file(`${scsi}/enclosure/0:0:12:0/id`, "0x500304801f1e003f\n");
    host.link("/sys/class/enclosure/0:0:12:0", `${scsi}/enclosure/0:0:12:0`);
    host.link(`${component(host, "Slot 01", { slot: "0", locate: "1" })}/device`, disk(host, "sdb", "S1"));
    host.link(`${component(host, "Slot 02", { slot: "1", fault: "1" })}/device`, `${scsi}/pulled`);
    host.link(
      `${component(host, "ArrayDevice02", { slot: "2", type: "array device" })}/device`,
      disk(host, "sda", "S2"),
    );
    component(host, "3", {});
    component(host, "Fan 1", { type: "cooling" });
    host.file(`${scsi}/enclosure/0:0:12:0/components`, "5\n");
    for (const [slot, address] of [
      ["7", "0000:3b:00"],
      ["8", "0000:3c:00"],
      ["9", "0000:3d:00"],
      ["10", "0000:3e:00"],
    ] as const) {
      host.file(`/sys/bus/pci/slots/${slot}/address`, `${address}\n`);
      if (slot !== "10") host.file(`/sys/bus/pci/slots/${slot}/power`, "1\n");
      if (slot !== "8") host.file(`/sys/bus/pci/slots/${slot}/attention`, "2\n");
    }
    nvme(host, "0000:3b:00.0", { class: "0x010802", "nvme/nvme3/serial": "N1   " });
    nvme(host, "0000:3d:00.0", { class: "0x020000" });
    t.deepEqual(bays.parse(host.run(bays.script, shell).lines), [
      { slot: "3", enclosure: "0x500304801f1e003f", locate: false, fault: false, source: "enclosure" },
      { slot: "2", enclosure: "0x500304801f1e003f", serial: "S2", locate: false, fault: false, source: "enclosure" },
      {
        slot: "Slot 01",
        enclosure: "0x500304801f1e003f",
        serial: "S1",
        locate: true,
        fault: false,
        source: "enclosure",
      },
      { slot: "Slot 02", enclosure: "0x500304801f1e003f", locate: false, fault: true, source: "enclosure" },
      { slot: "7", serial: "N1", locate: true, source: "pcie" },
      { slot: "8", source: "pcie" },
    ]);
  });

  test(`bays by ${name}: an enclosure without an id is called by its address; a host without any says nothing`, (t) => {
    const host = makeHost(t);
    t.deepEqual(host.run(bays.script, shell), { lines: [], exitCode: 0 });
    component(host, "Slot 01", {});
    host.link("/sys/class/enclosure/0:0:12:0", `${scsi}/enclosure/0:0:12:0`);
    const [bay] = bays.parse(host.run(bays.script, shell).lines);
    t.deepEqual(bay, { slot: "Slot 01", enclosure: "0:0:12:0", locate: false, fault: false, source: "enclosure" });
  });
}
