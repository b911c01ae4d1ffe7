/** What a scripted engine keeps in its profile directory: a login, and how often it was launched. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LaunchSpec } from '../engine.ts';
import type { ProfileLayout } from '../profile-layout.ts';

export const scriptedLayout: ProfileLayout = {
  version: 1,
  essential: [{ path: 'Default', kind: 'local-storage', required: true }],
  origin: 'https://web.whatsapp.com',
  loginKeys: [],
  deviceKey: 'device',
};

export class ScriptedProfile {
  readonly path: string;

  constructor(spec: Pick<LaunchSpec, 'sessionsRoot' | 'profile'>) {
    this.path = join(spec.sessionsRoot, spec.profile);
  }

  get #login(): string {
    return join(this.path, 'Default', 'scripted-login');
  }

  async hasLogin(): Promise<boolean> {
    return readFile(this.#login).then(
      () => true,
      () => false,
    );
  }

  async writeLogin(): Promise<void> {
    await mkdir(join(this.path, 'Default'), { recursive: true });
    await writeFile(this.#login, 'linked\n');
  }

  /** An unlinking empties the login where it lies; nothing deletes a profile. */
  async voidLogin(): Promise<void> {
    await rm(this.#login, { force: true });
  }

  /** The number of this launch, from 0. */
  async countLaunch(): Promise<number> {
    await mkdir(this.path, { recursive: true });
    const path = join(this.path, 'scripted-launches');
    const launch = Number(await readFile(path, 'utf8').catch(() => '0'));
    await writeFile(path, String(launch + 1));
    return launch;
  }
}
