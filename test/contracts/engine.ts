import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, EngineFailure, type LaunchSpec } from '../../src/engine/engine.ts';
import { browsersOn, EngineSession, never, pause, until } from './engine-session.ts';

/** What an adapter brings so that the suite can be run over it: one profile, and the world outside. */
export interface EngineRig extends AsyncDisposable {
  readonly spec: LaunchSpec;
  readonly profile: string;
  engine(): Engine;
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

    const session = (spec = rig.spec) => {
      const one = new EngineSession(rig.engine(), spec);
      opened.push(one);
      return one;
    };
    const paired = async (spec = rig.spec) => {
      const one = session(spec);
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
          socket: 'CONNECTED',
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
  });
}
