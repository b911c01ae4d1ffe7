/**
 * The daemon's private door: the HTTP surface on a Unix socket on the volume. Whoever may open the socket may do
 * everything, so that it is its owner's alone, in a directory that is its owner's alone (which also covers the
 * instant between the socket's creation and its mode).
 */
import { chmod, lstat, mkdir, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VigilError } from '../errors.ts';
import { closeServer } from '../http/close-server.ts';
import { buildServer, type ServerOptions } from '../http/server.ts';
import { socketAddress } from './socket-path.ts';

export interface ControlServerOptions extends Omit<ServerOptions, 'access' | 'trustedProxies'> {
  /** `layout.controlSocket`. */
  readonly path: string;
  /** Whether we hold the volume's lock. Only then is a socket that is already there known to be a dead daemon's. */
  readonly holdsVolumeLock: boolean;
}

export interface ControlServer {
  /** Ends followers in order, lets other requests finish and removes the socket. */
  close(): Promise<void>;
}

export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const { path, holdsVolumeLock, ...server } = options;
  await makePrivate(dirname(path));
  await makeWay(path, holdsVolumeLock);
  const address = await socketAddress(path);
  const app = await buildServer({ ...server, access: { kind: 'control' } });
  try {
    await app.listen({ path: address.path });
    await chmod(path, 0o600);
  } catch (thrown) {
    await app.close();
    await address[Symbol.asyncDispose]();
    throw new VigilError('volume_permission', `The control socket ${path} cannot be opened.`, {
      cause: thrown,
      subject: path,
    });
  }
  return {
    async close() {
      await closeServer(app, server.clock);
      await address[Symbol.asyncDispose]();
      await rm(path, { force: true });
    },
  };
}

async function makePrivate(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (((await stat(directory)).mode & 0o077) !== 0) await chmod(directory, 0o700);
  } catch (thrown) {
    throw new VigilError('volume_permission', `The directory ${directory} cannot be made private.`, {
      cause: thrown,
      subject: directory,
    });
  }
}

async function makeWay(path: string, holdsVolumeLock: boolean): Promise<void> {
  // Nothing there, or nobody can say: then the socket cannot be opened either, and that is told.
  const there = await lstat(path).catch(() => null);
  if (there === null) return;
  if (!there.isSocket()) {
    throw new VigilError('volume_permission', `Something that is no socket is in the way: ${path}.`, {
      subject: path,
      remedy: 'Move it away.',
    });
  }
  if (!holdsVolumeLock) {
    throw new VigilError(
      'volume_busy',
      `There is a control socket at ${path}, and the volume is not ours to clear it.`,
      {
        subject: path,
      },
    );
  }
  await rm(path, { force: true });
}
