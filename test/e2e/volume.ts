/** A temporary volume, with a directory for temporary files beside it: what browsers leave there goes with it. */
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { SessionRecord } from '../../src/session/record.ts';
import { browsersOn, hostsOn, processesOn, type RunningProcess } from '../support/processes.ts';

export class Volume {
  /** Holds the volume and the temporary files, and nothing else. */
  readonly scratch: string;
  readonly root: string;
  readonly temporary: string;

  private constructor(root: string) {
    this.root = root;
    this.scratch = dirname(root);
    this.temporary = join(this.scratch, 'tmp');
  }

  /** One that was made by another process of the tests. */
  static at(root: string): Volume {
    return new Volume(root);
  }

  /** With `create: false` only the place is there, not the volume. */
  static async empty({ name = 'volume', create = true } = {}): Promise<Volume> {
    const scratch = await realpath(await mkdtemp(join(tmpdir(), 'vigil-e2e-')));
    const volume = new Volume(join(scratch, name));
    await mkdir(volume.temporary);
    if (create) await mkdir(volume.root);
    return volume;
  }

  /** As `cp -a` would, to another path. */
  async copy(name = 'volume'): Promise<Volume> {
    const copy = await Volume.empty({ name, create: false });
    // Locks of browsers are dangling links and stay as they are; the control socket is the other daemon's.
    await cp(this.root, copy.root, {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
      filter: (path) => !path.endsWith('.sock'),
    });
    return copy;
  }

  profile(id = 'main'): string {
    return join(this.root, 'whatsapp-sessions', `session-${id}`);
  }

  ours(...path: readonly string[]): string {
    return join(this.root, 'vigil', ...path);
  }

  recordPath(id = 'main'): string {
    return this.ours('sessions', `${id}.json`);
  }

  async record(id = 'main'): Promise<SessionRecord> {
    return JSON.parse(await readFile(this.recordPath(id), 'utf8')) as SessionRecord;
  }

  async writeRecord(record: SessionRecord): Promise<void> {
    await writeFile(this.recordPath(record.id), JSON.stringify(record));
  }

  /** The registry's files, which SQLite spreads over several. */
  async registryPaths(): Promise<readonly string[]> {
    const names = await readdir(this.ours());
    return names.filter((name) => name.startsWith('registry.db')).map((name) => this.ours(name));
  }

  /** Everything that was logged of the sessions, by path. */
  async sessionLogs(): Promise<ReadonlyMap<string, string>> {
    const names = await readdir(this.ours('logs')).catch(() => []);
    const paths = names.map((name) => this.ours('logs', name));
    return new Map(
      await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const)),
    );
  }

  /** Names of what was quarantined of a session. */
  async quarantined(id = 'main'): Promise<readonly string[]> {
    return readdir(this.ours('quarantine', id)).catch(() => []);
  }

  hosts(id?: string): RunningProcess[] {
    return hostsOn(this.root, id);
  }

  /** Of one session, or of all of them. */
  browsers(id?: string): RunningProcess[] {
    return browsersOn(id === undefined ? join(this.root, 'whatsapp-sessions') : this.profile(id));
  }

  /** Whatever has to do with this volume, the children of browsers and daemons included. */
  processes(): RunningProcess[] {
    return processesOn(this.scratch);
  }

  async remove(): Promise<void> {
    await rm(this.scratch, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}
