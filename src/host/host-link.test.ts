import { duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import { FewProcesses } from '../../test/doubles/few-processes.ts';
import { PlayedEngine } from '../../test/doubles/played-engine.ts';
import { healthy, snapshotReport } from '../../test/doubles/scripted-hosts.ts';
import { EngineFailure, type LaunchSpec, longestFreeze } from '../engine/engine.ts';
import { VigilError } from '../errors.ts';
import { Channel } from '../ipc/channel.ts';
import { sessionId } from '../session/id.ts';
import type { HostEvent } from './host.ts';
import { HostLink } from './host-link.ts';
import { hostPatience } from './protocol.ts';
import { serveEngine } from './serve-engine.ts';

const spec: LaunchSpec = {
  session: sessionId('main'),
  sessionsRoot: '/sessions',
  profile: 'session-main',
  executable: '/chromium',
  args: [],
  library: null,
  webVersion: null,
  webVersionsRoot: '/versions',
  deviceName: null,
  bot: null,
  botVariables: [],
  deadlines: { browser: 1_000, navigation: 1_000, boot: 1_000, bot: 1_000, protocol: 1_000, close: 10_000 },
};

/** Both ends of a host over a pair of streams; the process is played by `carrier`. */
function scene(engine = new PlayedEngine()) {
  const clock = new FakeClock();
  const [here, there] = duplexPair();
  const hostSide = new Channel(there, { clock });
  const served = serveEngine(engine, hostSide, clock);
  const events: HostEvent[] = [];
  let exit = (_: string) => {};
  const gone = new Promise<string>((resolve) => (exit = resolve));
  const processes = new FewProcesses();
  const carrier = { pid: 42, gone, kills: 0, kill: () => void carrier.kills++ };
  const link = new HostLink({
    channel: new Channel(here, { clock }),
    carrier,
    clock,
    spec,
    observe: (event) => events.push(event),
    processes,
  });
  hostSide.start();
  link.begin();
  // As host/main.ts does once its engine has ended.
  void served.ended.then(async () => {
    await hostSide.end({ timeoutMs: 1_000 });
    exit('ended with code 0');
  });
  return { clock, engine, served, link, events, carrier, exit, here, there, processes };
}

describe('a host seen from the daemon', () => {
  it('tells what its engine says', async () => {
    const { engine, events } = scene();
    await settle();
    engine.emit({ type: 'qr', qr: 'scan me' });
    await settle();
    expect(events).toEqual([{ type: 'qr', qr: 'scan me' }]);
  });

  it('tells why its engine could not start', async () => {
    const engine = new PlayedEngine();
    engine.startFailure = new EngineFailure('unreachable', 'DNS knows no such name');
    const { events } = scene(engine);
    await settle();
    expect(events).toEqual([{ type: 'gone', cause: 'unreachable', detail: 'DNS knows no such name' }]);
  });

  it('asks for a pairing code once the start is over, since a first QR comes before', async () => {
    const engine = new PlayedEngine();
    let begin = () => {};
    engine.startGate = new Promise((resolve) => {
      begin = resolve;
    });
    const { link } = scene(engine);
    await settle();
    const asked = link.requestPairingCode('4915100000000');
    await settle();
    expect(engine.codes).toBe(0);
    begin();
    await asked;
    expect(engine.codes).toBe(1);
  });

  it('closes the engine, then ends', async () => {
    const { link, engine, carrier, events } = scene();
    await settle();
    await link.close();
    expect(engine.closes).toBe(1);
    expect(carrier.kills).toBe(0);
    expect(events).toEqual([{ type: 'exit', expected: true, detail: 'ended with code 0' }]);
  });

  it('is killed when its engine does not close in time, and the close ends all the same', async () => {
    const engine = new PlayedEngine();
    engine.closeGate = new Promise(() => {});
    const { link, clock, carrier, exit } = scene(engine);
    await settle();
    const closed = link.close();
    await clock.advance(14_000);
    expect(carrier.kills).toBe(1);
    exit('killed by SIGKILL');
    await closed;
  });

  it('ends a close even where the kernel holds the process', async () => {
    const engine = new PlayedEngine();
    engine.closeGate = new Promise(() => {});
    const { link, clock } = scene(engine);
    await settle();
    const closed = link.close();
    await clock.advance(30_000);
    await closed;
  });

  it('reports a page as silent when the host itself does not answer', async () => {
    const engine = new PlayedEngine();
    engine.report = new Promise(() => {});
    const { link, clock } = scene(engine);
    await settle();
    const report = link.probe({ kind: 'watchdog', deadline: 15_000, presence: false });
    await clock.advance(17_000);
    expect(await report).toMatchObject({ page: 'silent' });
  });

  it('says that it ended when nobody had asked it to', async () => {
    const { events, exit } = scene();
    await settle();
    exit('killed by SIGKILL');
    await settle();
    expect(events).toEqual([{ type: 'exit', expected: false, detail: 'killed by SIGKILL' }]);
  });
});

describe('a snapshot', () => {
  /** One whose browser stands still until the test opens the gate, or it is called off. */
  async function frozen() {
    const all = scene();
    const { processes, engine, link } = all;
    const browser = processes.browser(50);
    const gate = Promise.withResolvers<void>();
    const calledOff = Promise.withResolvers<void>();
    engine.snapping = async (watcher, signal) => {
      await watcher.watch(browser);
      for (const one of browser) await processes.signal(one, 'SIGSTOP');
      signal.addEventListener('abort', () => calledOff.resolve(), { once: true });
      await Promise.race([gate.promise, calledOff.promise]);
      for (const one of browser) await processes.signal(one, 'SIGCONT');
      signal.throwIfAborted();
    };
    await settle();
    const outcome = link.snapshot('/copy').then(
      () => 'taken',
      (error: unknown) => error as VigilError,
    );
    await settle();
    expect(processes.states()).toBe('TT');
    return { ...all, outcome, gate };
  }

  it('goes where it was asked to go, and is reported', async () => {
    const { link, engine } = scene();
    await settle();
    expect(await link.snapshot('/staging/copy')).toEqual(snapshotReport);
    expect(engine.targets).toEqual(['/staging/copy']);
  });

  it.each([
    ['disk_full', new VigilError('disk_full', 'No space is left.')],
    ['profile_damaged', new VigilError('profile_damaged', 'A table is missing.')],
    ['snapshot_failed', new Error('anything else')],
  ])('that fails says why: %s', async (code, failure) => {
    const { link, engine } = scene();
    engine.snapping = async () => Promise.reject(failure);
    await settle();
    const error = await link.snapshot('/copy').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(VigilError);
    expect(error).toMatchObject({ code, message: failure.message });
  });

  it('that is called off is called off in the host', async () => {
    const { link, engine } = scene();
    let isAborted = false;
    engine.snapping = (_watcher, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          isAborted = true;
          reject(signal.reason);
        });
      });
    await settle();
    const aborter = new AbortController();
    const taken = link.snapshot('/copy', aborter.signal);
    await settle();
    aborter.abort(new Error('enough'));
    await expect(taken).rejects.toThrow('enough');
    await settle();
    expect(isAborted).toBe(true);
  });

  it('is waited for by probes, which ask nothing of a browser that stands still', async () => {
    const { link, engine, gate, outcome } = await frozen();
    let probes = 0;
    engine.probe = async () => {
      probes++;
      return healthy;
    };
    const report = link.probe({ kind: 'watchdog', deadline: 15_000, presence: false });
    await settle();
    expect(probes).toBe(0);
    gate.resolve();
    expect(await report).toEqual(healthy);
    expect([probes, await outcome]).toEqual([1, 'taken']);
  });

  it('for which the browser stands still too long fails, and the browser was let go from here', async () => {
    const { clock, gate, processes, outcome } = await frozen();
    await clock.advance(longestFreeze - 1);
    expect(processes.states()).toBe('TT');
    await clock.advance(1);
    expect(processes.states()).toBe('SS');
    // The host notices nothing and takes it for a good one.
    gate.resolve();
    expect(await outcome).toMatchObject({ code: 'snapshot_failed' });
  });

  it('whose host is killed fails, and its browser ends before that is told', async () => {
    const { exit, processes, outcome, events, clock, here } = await frozen();
    exit('killed by SIGKILL');
    here.destroy();
    await clock.advance(20);
    expect(await outcome).toMatchObject({ code: 'snapshot_failed' });
    expect(processes.states()).toBe('');
    expect(processes.sent.slice(-2)).toEqual(['SIGKILL 50', 'SIGKILL 51']);
    expect(events).toEqual([{ type: 'exit', expected: false, detail: 'killed by SIGKILL' }]);
  });

  it('whose host ends its channel leaves no browser standing still', async () => {
    const { processes, there, clock } = await frozen();
    there.destroy();
    await clock.advance(100);
    expect(processes.states()).not.toContain('T');
  });

  it('is called off by a close', async () => {
    const { link, processes, outcome, engine } = await frozen();
    await link.close();
    expect([engine.closes, processes.states()]).toEqual([1, 'SS']);
    expect(await outcome).toMatchObject({ code: 'snapshot_failed' });
  });

  it('is called off when the daemon is gone', async () => {
    const engine = new PlayedEngine();
    const [here, there] = duplexPair();
    const channel = new Channel(there, { clock: new FakeClock() });
    const served = serveEngine(engine, channel, new FakeClock());
    channel.start();
    const daemon = new Channel(here, { clock: new FakeClock() });
    daemon.start();
    let isCalledOff = false;
    engine.snapping = (_watcher, signal) =>
      new Promise(() => signal.addEventListener('abort', () => (isCalledOff = true)));
    daemon.request('snapshot', { target: '/copy' }, { timeoutMs: 60_000 }).catch(() => {});
    await settle();
    here.destroy();
    await served.ended;
    expect([isCalledOff, engine.closes]).toEqual([true, 1]);
  });

  it('stops nothing once the host is being closed', async () => {
    const { link, engine, processes } = scene();
    const browser = processes.browser(50);
    const asked = Promise.withResolvers<void>();
    let stopped = false;
    engine.snapping = async (watcher) => {
      await asked.promise;
      await watcher.watch(browser);
      stopped = true;
    };
    const closing = Promise.withResolvers<void>();
    engine.closeGate = closing.promise;
    await settle();
    const outcome = link.snapshot('/copy').catch((error: unknown) => error);
    await settle();
    const closed = link.close();
    asked.resolve();
    expect(await outcome).toMatchObject({ code: 'snapshot_failed' });
    expect(stopped).toBe(false);
    closing.resolve();
    await closed;
  });

  it('of a host that names no process is not watched', async () => {
    const { link, engine } = scene();
    engine.snapping = (watcher) => watcher.watch([{ pid: 1, startTime: 0 }]);
    await settle();
    await expect(link.snapshot('/copy')).rejects.toMatchObject({ code: 'snapshot_failed' });
    engine.snapping = (watcher) => watcher.watch([]);
    await expect(link.snapshot('/copy')).rejects.toMatchObject({ code: 'snapshot_failed' });
  });
});

describe('a host that loses its daemon', () => {
  it('closes its engine at once when the channel ends', async () => {
    const { engine, here } = scene();
    await settle();
    here.destroy();
    await settle();
    expect(engine.closes).toBe(1);
  });

  it('ends an engine by force that does not close', async () => {
    const engine = new PlayedEngine();
    engine.close = async () => {
      throw new Error('stuck');
    };
    const { here, served } = scene(engine);
    await settle();
    here.destroy();
    await served.ended;
    expect(engine.kills).toBe(1);
  });

  it('lives as long as the daemon says that it does', async () => {
    const { engine, clock } = scene();
    await clock.advance(4 * hostPatience);
    expect(engine.closes).toBe(0);
  });

  it('gives up on a daemon that has said nothing for too long', async () => {
    const engine = new PlayedEngine();
    const clock = new FakeClock();
    const [, there] = duplexPair();
    const channel = new Channel(there, { clock });
    serveEngine(engine, channel, clock);
    channel.start();
    await clock.advance(hostPatience - 1);
    expect(engine.closes).toBe(0);
    await clock.advance(2);
    expect(engine.closes).toBe(1);
  });

  it('reads what has arrived before it gives up, as after a suspension', async () => {
    const engine = new PlayedEngine();
    const clock = new FakeClock();
    const [here, there] = duplexPair();
    const channel = new Channel(there, { clock });
    serveEngine(engine, channel, clock);
    channel.start();
    const daemon = new Channel(here, { clock });
    daemon.start();
    await clock.advance(hostPatience - 1);
    // Sent, but not yet read when the timer fires.
    daemon.emit('alive', null);
    await clock.advance(2);
    expect(engine.closes).toBe(0);
  });
});
