/**
 * What a container engine does with namespaces and mounts, as a shell script that a new mount namespace carries out
 * before it becomes the program. Needs root, as an engine does.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Image, lent, type Mount } from './image.ts';

export interface Entering {
  readonly image: Image;
  /** Takes what is written: of a container, gone with it. Null writes into the image itself. */
  readonly layer: string | null;
  readonly mounts?: readonly Mount[];
  /** Paths of file systems in memory, that nothing can be executed from. */
  readonly tmpfs?: readonly string[];
  readonly readOnly?: boolean;
}

/** Makes the directories that the script needs, and returns the script without what it becomes: its last line is `$root`. */
export async function entering(at: string, options: Entering): Promise<{ script: string; root: string }> {
  const { image, layer, tmpfs = [], readOnly = false } = options;
  const root = join(at, 'mounted');
  const lines = ['mount --make-rprivate /'];
  await mkdir(root, { recursive: true });
  if (layer === null) lines.push(`mount --bind ${quoted(image.root)} ${quoted(root)}`);
  else lines.push(await overlay(root, [image.root], join(layer, 'root'), join(at, 'work-root')));
  for (const name of lent) {
    const machine = `/${name}`;
    const base = join(image.base, name);
    const changes = join(image.changes, name);
    const lower = layer === null ? [base, machine] : [changes, base, machine];
    const upper = layer === null ? changes : join(layer, name);
    lines.push(await overlay(join(root, name), lower, upper, join(at, `work-${name}`)));
  }
  lines.push(
    `mount -t proc proc ${quoted(join(root, 'proc'))}`,
    `mount --rbind /sys ${quoted(join(root, 'sys'))}`,
    `mount --rbind /dev ${quoted(join(root, 'dev'))}`,
    // What Docker gives.
    `mount -t tmpfs -o size=64m shm ${quoted(join(root, 'dev/shm'))}`,
  );
  for (const { source, target } of [...image.mounts, ...(options.mounts ?? [])]) {
    lines.push(
      `mkdir -p ${quoted(join(root, target))}`,
      `mount --bind ${quoted(source)} ${quoted(join(root, target))}`,
    );
  }
  for (const target of tmpfs)
    lines.push(`mount -t tmpfs -o noexec,nosuid,nodev,mode=1777 tmpfs ${quoted(join(root, target))}`);
  if (readOnly) {
    for (const name of [...lent, '']) lines.push(`mount -o remount,ro ${quoted(join(root, name))}`);
  }
  return { script: lines.join('\n'), root };
}

async function overlay(
  target: string,
  lower: readonly string[],
  upper: string,
  work: string,
): Promise<string> {
  for (const directory of [upper, work]) await mkdir(directory, { recursive: true });
  const options = `lowerdir=${lower.join(':')},upperdir=${upper},workdir=${work}`;
  return `mount -t overlay overlay -o ${quoted(options)} ${quoted(target)}`;
}

/** Why no container can be made here, or null where one can. */
export async function whyNot(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'it needs root, as a container engine does';
  const at = await mkdtemp(join(tmpdir(), 'vigil-overlay-'));
  try {
    const lines = [
      'mount --make-rprivate /',
      await overlay(at, ['/etc'], join(at, 'upper'), join(at, 'work')),
    ];
    const { status, stderr, error } = spawnSync(
      'unshare',
      ['--mount', '--pid', '--uts', '--fork', 'sh', '-euc', lines.join('\n')],
      { encoding: 'utf8' },
    );
    return status === 0 ? null : `no namespaces or overlays can be made here: ${error ?? stderr.trim()}`;
  } finally {
    await rm(at, { recursive: true, force: true });
  }
}

/** A word of a shell, whatever is in it. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
