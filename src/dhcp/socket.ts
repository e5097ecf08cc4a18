import { createSocket } from "node:dgram";
import koffi from "koffi";
import { type Ipv4Address, ipv4ToBytes, type MacAddress, macToBytes } from "../wire/addresses.ts";
import { Writer } from "../wire/writer.ts";
import { fail } from "./errors.ts";

/*
 * The door to the segment. `node:dgram` can't tie a socket to an interface, and without that a broadcast doesn't say
 * where it came from and a reply doesn't leave where it should. So libc makes the socket, and Node is handed the
 * descriptor. All foreign calls of this room are in this file; Linux, numbers from its asm-generic headers.
 */
export interface DhcpSocket {
  /** Sends or reports to `onError`; never throws, and does nothing once closed. */
  send(bytes: Uint8Array, to: { address: Ipv4Address; port: number }): void;
  /** Tells the kernel the MAC of a client that doesn't answer ARP yet. False without CAP_NET_ADMIN. */
  setNeighbour(address: Ipv4Address, mac: MacAddress): boolean;
  close(): Promise<void>;
}

export interface DhcpSocketOptions {
  readonly interface: string;
  readonly port: 67 | 68;
  /** Share the port with others who allow it (a DHCP client of the system on 68). A server shares with nobody. */
  readonly shared: boolean;
  onMessage(bytes: Uint8Array, from: Ipv4Address): void;
  onError(error: Error): void;
}

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_BROADCAST = 6;
const SO_BINDTODEVICE = 25;
const SIOCSARP = 0x8955;
const ARPHRD_ETHER = 1;
/** The entry is complete: use it. It is not permanent, so the kernel ages it as if ARP had found it. */
const ATF_COM = 0x02;
const IFNAMSIZ = 16;

/**
 * Opens a UDP socket on all addresses of one interface, and on no other.
 * @throws dhcp-interface-missing, dhcp-port-busy, dhcp-no-privilege, dhcp-socket-failed
 */
export async function openDhcpSocket(options: DhcpSocketOptions): Promise<DhcpSocket> {
  const libc = loadLibc();
  const fd = boundDescriptor(libc, options);
  const socket = createSocket("udp4");
  socket.on("message", (bytes, from) => options.onMessage(new Uint8Array(bytes), from.address as Ipv4Address));
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ fd, exclusive: true }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
  socket.on("error", options.onError);
  let isOpen = true;
  return {
    send: (bytes, { address, port }) => {
      if (isOpen) socket.send(bytes, port, address, (error) => error && options.onError(error));
    },
    setNeighbour: (address, mac) =>
      isOpen && libc.ioctl(fd, SIOCSARP, arpRequest(options.interface, address, mac)) === 0,
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, bytes: number): number;
  bind(fd: number, address: Uint8Array, bytes: number): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  close(fd: number): number;
}

/** The C library that is in this process already. */
function loadLibc(): Libc {
  const library = koffi.load(null);
  return {
    socket: library.func("int socket(int, int, int)"),
    setsockopt: library.func("int setsockopt(int, int, int, const void *, uint32_t)"),
    bind: library.func("int bind(int, const void *, uint32_t)"),
    ioctl: library.func("int ioctl(int, unsigned long, void *)"),
    close: library.func("int close(int)"),
  } as unknown as Libc;
}

function boundDescriptor(libc: Libc, options: DhcpSocketOptions): number {
  const fd = libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw failure(options, "socket");
  const steps: [call: string, run: () => number][] = [
    ["SO_BINDTODEVICE", () => setOption(libc, fd, SO_BINDTODEVICE, new Writer().cString(options.interface).finish())],
    ["SO_BROADCAST", () => setOption(libc, fd, SO_BROADCAST, int32(1))],
    ["SO_REUSEADDR", () => setOption(libc, fd, SO_REUSEADDR, int32(options.shared ? 1 : 0))],
    ["bind", () => libc.bind(fd, socketAddress("0.0.0.0" as Ipv4Address, options.port), 16)],
  ];
  for (const [call, run] of steps) {
    if (run() === 0) continue;
    const error = failure(options, call);
    libc.close(fd);
    throw error;
  }
  return fd;
}

function failure({ interface: name, port }: DhcpSocketOptions, call: string): Error {
  const number = koffi.errno();
  const errno = Object.keys(koffi.os.errno).find((key) => koffi.os.errno[key] === number) ?? String(number);
  const details = { interface: name, port, call, errno };
  if (errno === "ENODEV") return fail("dhcp-interface-missing", details);
  if (errno === "EADDRINUSE") return fail("dhcp-port-busy", details);
  if (errno === "EACCES" || errno === "EPERM") return fail("dhcp-no-privilege", details);
  return fail("dhcp-socket-failed", details);
}

const setOption = (libc: Libc, fd: number, name: number, value: Uint8Array) =>
  libc.setsockopt(fd, SOL_SOCKET, name, value, value.length);

/** struct sockaddr_in: family in the host's order, port and address in the network's. */
const socketAddress = (address: Ipv4Address, port: number) =>
  new Writer().bytes(uint16(AF_INET)).u16(port).bytes(ipv4ToBytes(address)).zeros(8).finish();

/** struct arpreq of arp(7): protocol address, hardware address, flags, netmask, device. */
const arpRequest = (device: string, address: Ipv4Address, mac: MacAddress) =>
  new Writer()
    .bytes(socketAddress(address, 0))
    .bytes(uint16(ARPHRD_ETHER))
    .bytes(macToBytes(mac))
    .zeros(8)
    .bytes(int32(ATF_COM))
    .zeros(16)
    .bytes(Buffer.from(device.padEnd(IFNAMSIZ, "\0"), "latin1"))
    .finish();

/** In the host's byte order, as C reads them. */
const int32 = (value: number) => new Uint8Array(Int32Array.of(value).buffer);
const uint16 = (value: number) => new Uint8Array(Uint16Array.of(value).buffer);
