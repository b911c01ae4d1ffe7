/**
 * An image as directories: a root of its own, and beside it what it changes of the machine's `/usr`, `/etc` and `/var`,
 * which stand for the base image. Nothing of the machine itself is changed.
 */
import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageConfig } from './dockerfile.ts';

/** The directories of the machine that are lent to the image, each below what the image changes of it. */
export const lent = ['usr', 'etc', 'var'] as const;

export interface Mount {
  readonly source: string;
  /** In the container. */
  readonly target: string;
}

export interface Image {
  /** Everything that is not lent. */
  readonly root: string;
  /** Holds, for each directory that is lent, what the image changes of it. */
  readonly changes: string;
  /** Programs that stand in for those of the base image; the same form as `changes`. */
  readonly base: string;
  readonly mounts: readonly Mount[];
  env: Readonly<Record<string, string>>;
  workdir: string;
  config: ImageConfig | null;
}

/** What Docker gives to a process of which nobody has said more. */
export const standardPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const ordinary = ['app', 'dev', 'home', 'mnt', 'opt', 'proc', 'root', 'run', 'srv', 'sys', 'tmp'];

/** A base image with nothing in it but what is lent and what stands in. */
export async function emptyImage(
  directory: string,
  base: string,
  mounts: readonly Mount[],
  linked: readonly (readonly [name: string, target: string])[],
): Promise<Image> {
  const image: Image = {
    root: join(directory, 'root'),
    changes: join(directory, 'changes'),
    base,
    mounts,
    env: { PATH: standardPath },
    workdir: '/',
    config: null,
  };
  for (const name of [...lent, ...ordinary]) {
    await mkdir(join(image.root, name), { recursive: true });
  }
  await chmod(join(image.root, 'tmp'), 0o1777);
  await chmod(join(image.root, 'root'), 0o700);
  for (const name of lent) await mkdir(join(image.changes, name), { recursive: true });
  for (const [name, target] of linked) await symlink(target, join(image.root, name));
  await writeUsers(join(image.changes, 'etc'));
  return image;
}

/** Where a path of the image lies on this machine, to be written to. */
export function placeOf(image: Image, path: string): string {
  const [first = '', ...rest] = path.split('/').filter((part) => part !== '');
  return (lent as readonly string[]).includes(first)
    ? join(image.changes, first, ...rest)
    : join(image.root, first, ...rest);
}

/** As `COPY` does it: a directory's contents, a file below its own name where the target is a directory. */
export async function copyInto(image: Image, source: string, target: string): Promise<void> {
  const place = placeOf(image, target);
  await mkdir(join(place, '..'), { recursive: true });
  await cp(source, place, { recursive: true, verbatimSymlinks: true });
}

/** Those of the base image; the machine's own users are not in it. */
async function writeUsers(etc: string): Promise<void> {
  const users = [
    'root:x:0:0:root:/root:/bin/bash',
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
  ];
  const groups = ['root:x:0:', 'nogroup:x:65534:'];
  users.push('node:x:1000:1000::/home/node:/bin/bash');
  groups.push('node:x:1000:');
  const files = {
    passwd: users,
    group: groups,
    shadow: users.map((line) => `${line.split(':')[0]}:*:20000:0:99999:7:::`),
    gshadow: groups.map((line) => `${line.split(':')[0]}:*::`),
  };
  for (const [name, lines] of Object.entries(files))
    await writeFile(join(etc, name), `${lines.join('\n')}\n`, {
      mode: name.endsWith('shadow') ? 0o600 : 0o644,
    });
}
