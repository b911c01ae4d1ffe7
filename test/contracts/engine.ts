import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, EngineFailure, type LaunchSpec } from '../../src/engine/engine.ts';
import { sessionId } from '../../src/session/id.ts';
import type { Disk } from '../../src/system/disk.ts';
import { HeldDisk } from '../doubles/held-disk.ts';
import { browsersOn, EngineSession, never, pause, statesOf, until } from './engine-session.ts';

/** What an adapter brings so that the suite can be run over it: one profile, and the world outside. */
export interface EngineRig extends AsyncDisposable {
  readonly spec: LaunchSpec;
  readonly profile: string;
  /** One that takes its snapshots by this disk, where there is one. */
  engine(disk?: Disk): Engine;
  /** A phone scans the QR. */
  scan(qr: string): Promise<void>;
  /** The phone unlinks the device that was paired. */
  unlink(): Promise<void>;
  /** The page stops to answer. */
  hang(): Promise<void>;
}

export function engineContract(name: string, makeRig: () => Promise<EngineRig>): void {
  describe(`engine contract: ${name}`, () => {
    let rig: EngineRig;
    const opened: EngineSession[] = [];

    const session = (spec = rig.spec, disk?: Disk) => {
      const one = new EngineSession(rig.engine(disk), spec);
      opened.push(one);
      return one;
    };
    const paired = async (spec = rig.spec, disk?: Disk) => {
      const one = session(spec, disk);
      await one.start();
      await rig.scan((await one.event('qr')).qr);
      await one.event('ready');
      return one;
    };
    const restored = async () => {
      await (await paired()).close();
      const one = session();
      await one.start();
      await one.event('ready');
      return one;
    };

    /** A whole start of another engine takes longer than anything that an ended one may still have to say. */
    const later = async () => {
      const next = session();
      await next.start();
      await Promise.race([next.event('qr'), next.event('ready')]);
    };

    beforeEach(async () => {
      rig = await makeRig();
    });

    afterEach(async () => {
      await Promise.all(opened.splice(0).map(({ engine }) => engine.kill()));
      const left = await browsersOn(rig.profile);
      await rig[Symbol.asyncDispose]();
      expect(left, 'browsers left on the profile').toEqual([]);
    });

    test('a start without a login shows a QR; a scan leads to authenticated, then ready', async () => {
      const one = session();
      await one.start();
      const { qr } = await one.event('qr');
      const { pid } = await one.event('browser');
      expect((await browsersOn(rig.profile)).map((process) => process.pid)).toContain(pid);
      await rig.scan(qr);
      const { account } = await one.event('ready');
      expect(account.phone).toMatch(/^\d+$/);
      expect(one.types().indexOf('authenticated')).toBeLessThan(one.types().indexOf('ready'));
      expect(one.types()).not.toContain('gone');
    });

    test('after a close the next start restores without a QR', async () => {
      const one = await restored();
      expect(one.count('qr')).toBe(0);
      expect(one.count('ready')).toBe(1);
    });

    test('nothing is emitted after a close, and closing again is nothing', async () => {
      const one = await paired();
      const before = one.events.length;
      await one.close();
      expect(await browsersOn(rig.profile)).toEqual([]);
      await one.close();
      await one.engine.kill();
      await later();
      expect(one.events.length).toBe(before);
    });

    test('an engine starts once', async () => {
      const one = session();
      await one.start();
      await expect(one.start()).rejects.toBeInstanceOf(EngineFailure);
      await one.close();
      await expect(one.start()).rejects.toBeInstanceOf(EngineFailure);
    });

    test('an engine that was closed before it started never starts', async () => {
      const one = session();
      await one.close();
      await expect(one.start()).rejects.toBeInstanceOf(EngineFailure);
      expect(one.events).toEqual([]);
    });

    test.for([0, 1, 40, 200, 500, 1_000])(
      'a start that is aborted after %d ms leaves no browser',
      async (ms) => {
        const one = session();
        const aborter = new AbortController();
        const started = one.start(aborter.signal).then(
          () => 'started',
          (error: unknown) => error,
        );
        if (ms === 0) aborter.abort(new Error('enough'));
        await Promise.race([pause(ms), started]);
        aborter.abort(new Error('enough'));
        const outcome = await started;
        if (outcome === 'started') await one.close();
        else expect(outcome).toBeInstanceOf(EngineFailure);
        expect(await browsersOn(rig.profile)).toEqual([]);
      },
    );

    test.for([0, 30, 300])('a close %d ms into a start ends it and leaves no browser', async (ms) => {
      const one = session();
      const started = one.start().then(
        () => 'started',
        (error: unknown) => error,
      );
      await Promise.race([pause(ms), started]);
      await one.close();
      const before = one.events.length;
      const outcome = await started;
      if (outcome !== 'started') expect(outcome).toBeInstanceOf(EngineFailure);
      expect(await browsersOn(rig.profile)).toEqual([]);
      await later();
      expect(one.events.length).toBe(before);
    });

    test('kill ends the browser at once and says nothing', async () => {
      const { deadlines } = rig.spec;
      const one = await paired({ ...rig.spec, deadlines: { ...deadlines, close: 10 * 60_000 } });
      const { pid } = await one.event('browser');
      // One that cannot close: whoever waited for that would wait until the deadline.
      process.kill(pid, 'SIGSTOP');
      const before = one.events.length;
      await one.engine.kill();
      expect(await browsersOn(rig.profile)).toEqual([]);
      await later();
      expect(one.events.length).toBe(before);
    });

    test('a browser that is killed is gone, which is the last event', async () => {
      const one = await restored();
      const { pid } = await one.event('browser');
      process.kill(pid, 'SIGKILL');
      // By itself: nobody has asked.
      expect(await one.event('gone')).toMatchObject({ cause: 'browser_crash' });
      await until('no browser', async () => (await browsersOn(rig.profile)).length === 0);
      await later();
      expect(one.events.at(-1)?.type).toBe('gone');
      expect(one.count('gone')).toBe(1);
      expect(await one.probe()).toMatchObject({ page: 'silent' });
    });

    test('an unlinking by the phone is logged_out, which is the last event, and ends the browser', async () => {
      const one = await paired();
      await rig.unlink();
      await one.event('logged_out');
      await until('no browser', async () => (await browsersOn(rig.profile)).length === 0);
      await later();
      expect(one.events.at(-1)?.type).toBe('logged_out');
    });

    test('a logout on request unlinks, ends the browser and leaves the profile in its place', async () => {
      const one = await paired();
      await one.engine.logout(never());
      expect(await browsersOn(rig.profile)).toEqual([]);
      expect(one.types()).not.toContain('gone');
      const next = session();
      await next.start();
      await next.event('qr');
    });

    test('probes answer while it is well, each kind', async () => {
      const one = await paired();
      for (const kind of ['watchdog', 'heartbeat', 'activity'] as const) {
        expect(await one.probe(kind)).toMatchObject({
          page: 'answers',
          socket: 'up',
          synced: true,
          bridge: true,
          detail: null,
        });
      }
    });

    test('probes of a page that hangs report silence within their deadline, and close still works', async () => {
      const one = await paired();
      await rig.hang();
      await until('the page hangs', async () => (await one.probe('watchdog', 300)).page === 'silent');
      for (const kind of ['watchdog', 'heartbeat', 'activity'] as const) {
        const begun = performance.now();
        expect(await one.probe(kind, 300)).toMatchObject({ page: 'silent', socket: null });
        expect(performance.now() - begun).toBeLessThan(10_000);
      }
      await one.close();
      expect(await browsersOn(rig.profile)).toEqual([]);
    });

    test('a probe before the start or after the end is silent, never an exception', async () => {
      const one = session();
      expect(await one.probe()).toMatchObject({ page: 'silent' });
      await one.start();
      await one.close();
      expect(await one.probe('activity')).toMatchObject({ page: 'silent' });
    });

    test('a pairing code can be asked for while it shows QRs', async () => {
      const one = session();
      await one.start();
      await one.event('qr');
      await one.engine.requestPairingCode('15551234567', never());
      expect((await one.event('code')).code).toMatch(/\w{8}/);
    });

    /** A directory beside the profile, as another session's profile would be. */
    const copy = () => ({
      spec: { ...rig.spec, session: sessionId('copy'), profile: 'session-copy' },
      target: join(rig.spec.sessionsRoot, 'session-copy'),
    });
    /** In the middle of a snapshot: its browser stands still, and does so until something is done about it. */
    const frozen = async () => {
      const disk = new HeldDisk('snapshot:copy');
      const one = await paired(rig.spec, disk);
      const { pid } = await one.event('browser');
      const taken = one.snapshot(copy().target).catch((error: unknown) => error);
      await disk.reached;
      expect(await statesOf(pid)).toBe('T');
      return { one, pid, taken, disk };
    };
    const runs = (pid: number) =>
      until('the browser runs', async () => !(await statesOf(pid)).includes('T'), 5_000);

    test('a snapshot holds the login, and the session goes on', async () => {
      const one = await restored();
      const { pid } = await one.event('browser');
      const { spec, target } = copy();
      const report = await one.snapshot(target);
      expect(report).toMatchObject({ method: 'frozen', layout: expect.any(Number) });
      expect(report.pause).toBeGreaterThan(0);
      expect(report.versions.browser).toMatch(/\/\d/);
      expect(await statesOf(pid)).not.toContain('T');
      expect(await one.probe()).toMatchObject({ page: 'answers', socket: 'up' });
      expect(one.types()).not.toContain('gone');
      await one.close();
      const other = session(spec);
      await other.start();
      await other.event('ready');
      expect(other.count('qr')).toBe(0);
    });

    test('a snapshot stops nothing before somebody watches, and says when all runs again', async () => {
      const one = await paired();
      const { pid } = await one.event('browser');
      const watched = Promise.withResolvers<void>();
      const told: string[] = [];
      const watcher = {
        async watch(processes: readonly { readonly pid: number }[]) {
          told.push(`watch ${processes[0]?.pid}`);
          await watched.promise;
        },
        release: () => void told.push('release'),
      };
      const taken = one.snapshot(copy().target, watcher).catch((error: unknown) => error);
      await until('it is to be watched', () => told.length > 0);
      expect(await statesOf(pid)).not.toContain('T');
      watched.reject(new Error('nobody can'));
      expect(await taken).toMatchObject({ code: 'snapshot_failed' });
      expect(told).toEqual([`watch ${pid}`, 'release']);
    });

    test('a probe in the middle of a snapshot waits until the browser runs', async () => {
      const { one, taken, disk } = await frozen();
      const probe = one.probe('watchdog', 5_000);
      disk.letGo();
      expect(await taken).toMatchObject({ method: 'frozen' });
      expect(await probe).toMatchObject({ page: 'answers', socket: 'up' });
    });

    test('snapshots are taken one at a time', async () => {
      const { one, taken, disk } = await frozen();
      await expect(one.snapshot(`${copy().target}-2`)).rejects.toMatchObject({ code: 'snapshot_failed' });
      disk.letGo();
      expect(await taken).toMatchObject({ method: 'frozen' });
      expect(await one.snapshot(`${copy().target}-3`)).toMatchObject({ method: 'frozen' });
    });

    test('a snapshot that hangs lets the browser run within two seconds', async () => {
      const { one, pid, taken } = await frozen();
      expect(await taken).toMatchObject({ code: 'snapshot_failed' });
      await runs(pid);
      expect(await one.probe()).toMatchObject({ page: 'answers', socket: 'up' });
    });

    test('a snapshot that is called off lets the browser run', async () => {
      const disk = new HeldDisk('snapshot:copy');
      const one = await paired(rig.spec, disk);
      const { pid } = await one.event('browser');
      const aborter = new AbortController();
      const taken = one.snapshot(copy().target, undefined, aborter.signal).catch((error: unknown) => error);
      await disk.reached;
      aborter.abort(new Error('enough'));
      expect(await taken).toMatchObject({ code: 'snapshot_failed' });
      await runs(pid);
    });

    test('a close in the middle of a snapshot lets the browser run first, which keeps the login', async () => {
      // The login is a moment old: nothing but a clean close has it on the disk.
      const { one, taken } = await frozen();
      const before = one.events.length;
      await one.close();
      expect(await browsersOn(rig.profile)).toEqual([]);
      expect(await taken).toMatchObject({ code: 'snapshot_failed' });
      expect(one.events.length).toBe(before);
      const next = session();
      await next.start();
      await next.event('ready');
      expect(next.count('qr')).toBe(0);
    });

    test('a kill in the middle of a snapshot leaves no browser', async () => {
      const { one, taken } = await frozen();
      await one.engine.kill();
      expect(await browsersOn(rig.profile)).toEqual([]);
      expect(await taken).toMatchObject({ code: 'snapshot_failed' });
    });

    test('a browser that is killed in the middle of a snapshot is gone', async () => {
      const { one, pid, taken } = await frozen();
      process.kill(pid, 'SIGKILL');
      expect(await one.event('gone')).toMatchObject({ cause: 'browser_crash' });
      expect(await taken).toMatchObject({ code: 'snapshot_failed' });
      await until('no browser', async () => (await browsersOn(rig.profile)).length === 0);
    });

    test('there is no snapshot before the start or after the end', async () => {
      const one = session();
      await expect(one.snapshot(copy().target)).rejects.toMatchObject({ code: 'snapshot_failed' });
      await one.start();
      await one.close();
      await expect(one.snapshot(copy().target)).rejects.toMatchObject({ code: 'snapshot_failed' });
    });
  });
}
