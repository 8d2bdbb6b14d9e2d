import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that a test can cut, block and open again, as a network does. */
export interface TcpProxy {
  readonly port: number;
  /** Breaks every connection and refuses new ones. */
  cut(): Promise<void>;
  /** Lets nothing through any more, without a word: what is sent waits. */
  block(): void;
  /** Takes connections again, and lets through what has waited. */
  open(): Promise<void>;
  close(): Promise<void>;
}

/** Listens on a free port and passes on what comes to `host` and `port`, or to the unix socket `path`. */
export async function startProxy(target: { host: string; port: number } | { path: string }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isBlocked = false;
  const server = createServer((near) => {
    const far = connect(target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk: Buffer) => to.write(chunk));
      from
        .once('error', () => to.destroy())
        .once('close', () => {
          sockets.delete(from);
          to.destroy();
        });
      if (isBlocked) from.pause();
    }
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', () => resolve()));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    port,
    cut,
    block: () => {
      isBlocked = true;
      for (const socket of sockets) socket.pause();
    },
    open: async () => {
      isBlocked = false;
      for (const socket of sockets) socket.resume();
      if (!server.listening) await listen(port);
    },
    close: cut,
  };
}
