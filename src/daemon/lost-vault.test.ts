/** Two installations that reach one vault, as the daemon composes itself: what one of them loses it does not run. */
import { existsSync, mkdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { ScriptedHosts } from '../../test/doubles/scripted-hosts.ts';
import { account, savedRecord } from '../../test/doubles/session-world.ts';
import { type SharedCall, SharedVault } from '../../test/doubles/shared-vault.ts';
import { storeLogin } from '../../test/doubles/stored-login.ts';
import { loadSettings } from '../config/load.ts';
import { VigilError } from '../errors.ts';
import { owners } from '../installation/owner-record.ts';
import { createLogger } from '../log.ts';
import { sessionId } from '../session/id.ts';
import type { SessionRecord } from '../session/record.ts';
import type { Work } from '../supervisor/backup-operations.ts';
import { profilePath, volumeLayout } from '../volume/layout.ts';
import { boot } from './boot.ts';
import { composeRuntime } from './compose.ts';

const main = sessionId('main');
const local = sessionId('local');
const never = new AbortController().signal;
const patient = { timeout: 10_000 };
const minute = 60_000;
const hour = 60 * minute;
const foreign = 'f'.repeat(32);

class World {
  readonly shared = new SharedVault();
  readonly clocks = new Set<FakeClock>();
  /** Calls of each daemon, in their order. */
  readonly daemons: Daemon[] = [];

  /** For the vault and for everybody alike. */
  async pass(ms: number): Promise<void> {
    this.shared.now += ms;
    for (const clock of this.clocks) await clock.advance(ms);
  }

  /** Says that the vault is its own, however it got there. */
  foreignRecord(text?: string): void {
    const run = '9'.repeat(12);
    const at = new Date(this.shared.now).toISOString();
    const record = {
      version: 1,
      installation: foreign,
      run,
      host: 'elsewhere',
      phase: 'owner',
      turn: 9,
      claimedAt: at,
      renewedAt: at,
    };
    this.shared.objects.set(`${owners}20260601T000000Z-${foreign}-${run}.json`, {
      bytes: Buffer.from(text ?? JSON.stringify(record)),
      at: this.shared.now,
    });
  }

  /** Browsers that run as this device, wherever. */
  running(id: string): number {
    return this.daemons
      .flatMap(({ hosts }) => hosts.launched)
      .filter((host) => host.spec.session === id && !host.ended).length;
  }

  async installation(root?: string, env: Record<string, string> = {}): Promise<Daemon> {
    const daemon = await Daemon.on(this, root ?? (await scratchDirectory()), env);
    this.daemons.push(daemon);
    return daemon;
  }
}

class Daemon {
  readonly hosts = new ScriptedHosts();
  readonly clock = new FakeClock();
  readonly calls: SharedCall[] = [];
  readonly layout;
  readonly #ended = new AbortController();
  readonly #env: Record<string, string>;
  readonly #log;
  readonly lines: string[] = [];
  vaultIsDown = false;
  runtime!: Awaited<ReturnType<typeof composeRuntime>>;
  readonly #world: World;

  constructor(world: World, root: string, env: Record<string, string>) {
    this.#world = world;
    this.layout = volumeLayout(root);
    this.#env = {
      VIGIL_VOLUME: root,
      VIGIL_VAULT: 'directory:/beyond',
      VIGIL_SPACE_FLOOR: '1m',
      // Days pass in these tests.
      VIGIL_WATCHDOG: '12h',
      VIGIL_HEARTBEAT: 'off',
      VIGIL_ACTIVITY: 'off',
      ...env,
    };
    this.#log = createLogger({
      level: 'info',
      clock: this.clock,
      write: (line) => void this.lines.push(line),
    });
  }

  static async on(world: World, root: string, env: Record<string, string>): Promise<Daemon> {
    const daemon = new Daemon(world, root, env);
    const { layout, hosts, clock } = daemon;
    for (const path of [layout.sessions, layout.ours, layout.records, layout.quarantine, layout.logs])
      mkdirSync(path, { recursive: true });
    hosts.onLaunch = (host) => {
      host.copy = (target) => storeLogin(target, { device: host.spec.session });
      void Promise.resolve().then(() => host.say({ type: 'ready', account, webVersion: null }));
    };
    world.clocks.add(clock);
    daemon.runtime = await composeRuntime({
      settings: daemon.#settings,
      layout,
      env: {},
      clock,
      log: daemon.#log,
      uid: 0,
      serving: true,
      browserCaches: [],
      hosts,
      browsers: { get: async () => ({ executable: '/chromium', version: '156.0.8078.79', args: [] }) },
      vault: world.shared.as(async (call) => {
        if (daemon.vaultIsDown) throw new VigilError('vault_unavailable', 'The vault does not answer.');
        daemon.calls.push(call);
      }),
    });
    onTestFinished(() => daemon.end(), 30_000);
    return daemon;
  }

  get #settings() {
    return loadSettings({ env: this.#env, cwd: '/' }).settings;
  }

  get supervisor() {
    return this.runtime.supervisor;
  }

  async holds(...records: SessionRecord[]): Promise<void> {
    for (const record of records) {
      await storeLogin(profilePath(this.layout, record.id), { device: record.id });
      await this.runtime.records.write(record);
    }
  }

  start(): Promise<void> {
    const { clock } = this;
    const options = { settings: this.#settings, env: {}, clock, first: null, signal: this.#ended.signal };
    return boot(this.runtime, { ...options, log: this.#log });
  }

  async end(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#world.clocks.delete(this.clock);
    let over = false;
    void this.supervisor
      .drain(hour)
      .then(() => this.runtime.close())
      .finally(() => (over = true));
    // What a disk is asked for meanwhile takes its own time.
    const ended = async () => {
      await this.clock.advance(500);
      return over;
    };
    await expect.poll(ended, { timeout: 20_000, interval: 5 }).toBe(true);
    // The fake clock may have run out on a write; one of the same session comes after it.
    for (const record of this.supervisor.records) await this.runtime.records.write(record);
  }

  /** The same volume, another run. */
  async restarted(env: Record<string, string> = {}): Promise<Daemon> {
    await this.end();
    return this.#world.installation(this.layout.root, env);
  }

  async is(id: typeof main, expected: object): Promise<void> {
    await expect.poll(() => this.supervisor.session(id), patient).toMatchObject(expected);
  }

  launches(id: string): number {
    return this.hosts.launched.filter(({ spec }) => spec.session === id).length;
  }
}

async function outcome<T>(work: Work<T>): Promise<T> {
  for await (const step of work) if ('result' in step) return step.result;
  throw new Error('the work came to nothing');
}

/** One session online whose backup is in the vault, and one whose backups never came there. */
async function owner(world: World): Promise<Daemon> {
  const a = await world.installation();
  await a.holds(savedRecord('main'), savedRecord('local'));
  await a.start();
  for (const id of [main, local]) {
    await a.is(id, { status: 'ready' });
    await expect.poll(async () => (await a.supervisor.session(id)).lastBackup, patient).not.toBeNull();
  }
  for (const name of [...world.shared.objects.keys()])
    if (name.startsWith('sessions/local/')) world.shared.objects.delete(name);
  return a;
}

/** Another one on an empty volume, by a person's word unless a day has passed. */
async function takenOver(world: World, env: Record<string, string> = { VIGIL_TAKE_OVER: '1' }) {
  const b = await world.installation(undefined, env);
  await b.start();
  // By its backup alone it comes back stopped.
  await expect.poll(() => b.supervisor.has(main), patient).toBe(true);
  await b.supervisor.start(main);
  await b.is(main, { status: 'ready' });
  return b;
}

const lost = { status: 'disconnected', reason: 'vault_owned', wanted: 'online' };

describe('an installation whose vault was taken over', () => {
  it('stops what the vault holds within one renewal, says whose it is, and starts it for nobody', async () => {
    const world = new World();
    const a = await owner(world);
    const [host] = a.hosts.launched.filter(({ spec }) => spec.session === main);
    const b = await takenOver(world);
    await world.pass(hour);
    await a.is(main, lost);
    expect([host?.closed, host?.killed]).toEqual([true, false]);
    expect((await a.supervisor.session(main)).remedy).toMatch(
      /belongs to another installation, [0-9a-f]{32} on host .*--take-over/,
    );
    expect(a.runtime.incidents.of(main)).toMatchObject([{ cause: 'vault_owned' }]);
    const refused = { code: 'vault_owned', http: 409 };
    await expect(a.supervisor.start(main)).rejects.toMatchObject(refused);
    await expect(a.supervisor.restart(main)).rejects.toMatchObject(refused);
    await expect(a.supervisor.pair(main, { phone: null })).rejects.toMatchObject(refused);
    const restore = a.runtime.backups.restore(main, { which: 'latest', dryRun: false }, never);
    await expect(outcome(restore)).rejects.toMatchObject(refused);
    await a.is(main, lost);
    for (let passed = 0; passed < 5; passed++) await world.pass(hour);
    await a.is(main, lost);
    expect(a.launches(main)).toBe(1);
    expect([world.running(main), b.hosts.running]).toEqual([1, 1]);
    // Nobody else can have what was never in that vault.
    await a.is(local, { status: 'ready' });
    expect(a.launches(local)).toBe(1);
    // Nor a new login.
    expect(a.runtime.standDown?.refusal(sessionId('new'))).toBeNull();
  });

  it.each([
    ['answers', false],
    ['does not answer', true],
  ])('knows it after a restart, also where the vault %s', async (_what, down) => {
    const world = new World();
    const a = await owner(world);
    await takenOver(world);
    await world.pass(hour);
    await a.is(main, lost);
    const again = await a.restarted();
    again.vaultIsDown = down;
    const started = again.start();
    await again.is(local, { status: 'ready' });
    await started;
    await again.is(main, lost);
    await world.pass(30 * minute);
    await again.is(main, lost);
    expect(again.launches(main)).toBe(0);
    expect(world.running(main)).toBe(1);
  });

  it('goes on by itself once it has the vault again', async () => {
    const world = new World();
    const a = await owner(world);
    const b = await takenOver(world);
    await world.pass(hour);
    await a.is(main, lost);
    await expect.poll(() => existsSync(a.layout.lostVault), patient).toBe(true);
    await b.end();
    world.shared.now += 24 * hour;
    await world.pass(hour);
    await a.is(main, { status: 'ready', reason: null });
    expect(existsSync(a.layout.lostVault)).toBe(false);
    expect(a.runtime.incidents.of(main)).toEqual([]);
    // And the other one stays away.
    const back = await b.restarted();
    await back.start();
    await back.is(main, lost);
    expect(world.running(main)).toBe(1);
  });

  it('goes on at once on a person’s word, and a stop of theirs counts', async () => {
    const world = new World();
    const a = await owner(world);
    const b = await takenOver(world);
    await world.pass(hour);
    await a.is(main, lost);
    await b.supervisor.stop(main);
    await outcome(a.runtime.backups.recover({ sessions: null, takeOver: true, dryRun: false }, never));
    await a.is(main, { status: 'ready' });
    await world.pass(hour);
    await expect.poll(() => b.runtime.standDown?.refusal(main), patient).not.toBeNull();
    await expect(b.supervisor.start(main)).rejects.toMatchObject({ code: 'vault_owned' });
    await b.is(main, { status: 'stopped', wanted: 'stopped' });
    expect(world.running(main)).toBe(1);
  });

  it('runs everything with a vault of its own', async () => {
    const world = new World();
    const a = await owner(world);
    await takenOver(world);
    await world.pass(hour);
    await a.is(main, lost);
    await expect.poll(() => existsSync(a.layout.lostVault), patient).toBe(true);
    const note = JSON.parse(await readFile(a.layout.lostVault, 'utf8')) as { vault: string };
    expect(note).toMatchObject({ vault: 'shared:vault', sessions: ['main'] });
    const elsewhere = new World();
    elsewhere.shared.name = 'shared:other';
    await a.end();
    const again = await elsewhere.installation(a.layout.root);
    await again.start();
    await again.is(main, { status: 'ready' });
    expect(existsSync(a.layout.lostVault)).toBe(false);
  });
});

describe('an installation that was away', () => {
  it('while another one took its vault asks before it starts anything', async () => {
    const world = new World();
    const a = await owner(world);
    await a.end();
    await takenOver(world);
    await world.pass(2 * hour);
    const again = await world.installation(a.layout.root);
    await again.start();
    await again.is(main, lost);
    await again.is(local, { status: 'ready' });
    expect(again.launches(main)).toBe(0);
  });

  it('starts from its own volume where the vault does not answer, and stops what is another’s as soon as it does', async () => {
    const world = new World();
    const a = await owner(world);
    await a.end();
    await takenOver(world);
    const again = await world.installation(a.layout.root);
    again.vaultIsDown = true;
    const started = again.start();
    await again.clock.advance(10_000);
    await started;
    await again.is(main, { status: 'ready' });
    again.vaultIsDown = false;
    await world.pass(5 * minute);
    await again.is(main, lost);
  });
});

describe('a vault that is out of reach for days', () => {
  it('stops no session, is told before anybody could take it, and is read before it is written to', async () => {
    const world = new World();
    const a = await owner(world);
    a.vaultIsDown = true;
    const silences = () =>
      a.runtime.incidents.open
        .filter(({ cause }) => cause === 'vault_unrenewed')
        .map(({ problem }) => problem);
    await world.pass(59 * minute);
    expect(silences()).toEqual([]);
    await world.pass(minute);
    await expect.poll(silences).toEqual([expect.stringMatching(/ours at .*, 1 h ago; .* in 23 h/)]);
    for (let passed = 0; passed < 23; passed++) await world.pass(hour);
    await expect.poll(silences).toEqual([expect.stringMatching(/ago; since .* whoever's asks for it/)]);
    for (let passed = 0; passed < 48; passed++) await world.pass(hour);
    await a.is(main, { status: 'ready' });
    expect(a.launches(main)).toBe(1);
    a.calls.length = 0;
    a.vaultIsDown = false;
    await world.pass(5 * minute);
    await expect.poll(() => a.calls, patient).toContain('put');
    expect(a.calls.slice(0, 2)).toEqual(['list', 'put']);
    await expect.poll(silences).toEqual([]);
    await a.is(main, { status: 'ready' });
  });

  it('and was taken over meanwhile ends what the other one runs before anything is written', async () => {
    const world = new World();
    const a = await owner(world);
    a.vaultIsDown = true;
    for (let passed = 0; passed < 25; passed++) await world.pass(hour);
    const b = await takenOver(world, {});
    a.calls.length = 0;
    a.vaultIsDown = false;
    await world.pass(5 * minute);
    await a.is(main, lost);
    expect(a.calls).not.toContain('put');
    await world.pass(2 * hour);
    await b.is(main, { status: 'ready' });
    await a.is(main, lost);
  });
});

describe('no session stops', () => {
  it.each([
    ['nobody can read', '\u0000'],
    ['a later version wrote', '{"version":2}'],
    ['tells of another than its name', undefined],
  ])('for a record that %s', async (_what, text) => {
    const world = new World();
    const a = await owner(world);
    world.foreignRecord(text);
    if (text === undefined) {
      const [name, object] = [...world.shared.objects].at(-1) ?? [];
      if (name && object) world.shared.objects.set(name.replaceAll('f', 'e'), object);
      world.shared.objects.delete(name ?? '');
    }
    await world.pass(hour);
    await expect.poll(() => a.lines.join(''), patient).toContain('sessions go on, and nothing is written');
    await a.is(main, { status: 'ready' });
    await expect(outcome(a.runtime.backups.backup(main, never))).rejects.toMatchObject({
      code: 'vault_owned',
    });
  });

  it('for a record that is gone when it is read again', async () => {
    const world = new World();
    const a = await owner(world);
    world.foreignRecord();
    const [name] = [...world.shared.objects.keys()].slice(-1);
    const get = a.calls.push.bind(a.calls);
    a.calls.push = (...calls) => {
      // It was read once.
      if (calls.includes('remove')) world.shared.objects.delete(name ?? '');
      return get(...calls);
    };
    await world.pass(hour);
    await expect.poll(() => a.lines.join(''), patient).toContain('sessions go on, and nothing is written');
    await a.is(main, { status: 'ready' });
  });

  it('but for one that says so twice', async () => {
    const world = new World();
    const a = await owner(world);
    world.foreignRecord();
    await world.pass(hour);
    await a.is(main, lost);
    // A person removes it, where it was a mistake.
    for (const name of [...world.shared.objects.keys()])
      if (name.includes(foreign)) world.shared.objects.delete(name);
    await world.pass(hour);
    await a.is(main, { status: 'ready' });
    await rm(a.layout.lostVault, { force: true });
  });
});
