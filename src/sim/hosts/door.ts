import { connect, createServer, type Socket } from "node:net";

/** A port on this machine's loopback that leads to a Unix socket: SSH speaks TCP. */
export async function openDoor(path: string): Promise<{ readonly port: number; close(): void }> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(path);
    for (const end of [near, far]) {
      open.add(end);
      end.on("error", () => {});
      end.on("close", () => {
        open.delete(end);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.close();
    for (const end of open) end.destroy();
  };
  return { port: (server.address() as { port: number }).port, close };
}
