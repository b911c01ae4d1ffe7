import { duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import { healthy } from '../../test/doubles/scripted-hosts.ts';
import {
  type Engine,
  type EngineEvent,
  EngineFailure,
  type LaunchSpec,
  type ProbeReport,
} from '../engine/engine.ts';
import { Channel } from '../ipc/channel.ts';
import { sessionId } from '../session/id.ts';
import type { HostEvent } from './host.ts';
import { HostLink } from './host-link.ts';
import { hostPatience } from './protocol.ts';
import { serveEngine } from './serve-engine.ts';

const spec: LaunchSpec = {
  session: sessionId('main'),
  sessionsRoot: '/sessions',
  executable: '/chromium',
  args: [],
  library: null,
  webVersion: null,
  webVersionsRoot: '/versions',
  deviceName: null,
  deadlines: { browser: 1_000, navigation: 1_000, boot: 1_000, protocol: 1_000, close: 10_000 },
};

class PlayedEngine implements Engine {
  emit: (event: EngineEvent) => void = () => {};
  startFailure: unknown = null;
  startGate: Promise<void> = Promise.resolve();
  report: Promise<ProbeReport> = Promise.resolve(healthy);
  closeGate: Promise<void> = Promise.resolve();
  closes = 0;
  kills = 0;

  async start(_spec: LaunchSpec, emit: (event: EngineEvent) => void): Promise<void> {
    this.emit = emit;
    await this.startGate;
    if (this.startFailure !== null) throw this.startFailure;
  }
  probe(): Promise<ProbeReport> {
    return this.report;
  }
  codes = 0;
  async requestPairingCode(): Promise<void> {
    this.codes++;
  }
  async logout(): Promise<void> {}
  async close(): Promise<void> {
    this.closes++;
    await this.closeGate;
  }
  async kill(): Promise<void> {
    this.kills++;
  }
  isHarmless(): boolean {
    return false;
  }
}

/** Both ends of a host over a pair of streams; the process is played by `carrier`. */
function scene(engine = new PlayedEngine()) {
  const clock = new FakeClock();
  const [here, there] = duplexPair();
  const hostSide = new Channel(there, { clock });
  const served = serveEngine(engine, hostSide, clock);
  const events: HostEvent[] = [];
  let exit = (_: string) => {};
  const gone = new Promise<string>((resolve) => (exit = resolve));
  const carrier = { pid: 42, gone, kills: 0, kill: () => void carrier.kills++ };
  const link = new HostLink({
    channel: new Channel(here, { clock }),
    carrier,
    clock,
    spec,
    observe: (event) => events.push(event),
  });
  hostSide.start();
  link.begin();
  // As host/main.ts does once its engine has ended.
  void served.ended.then(async () => {
    await hostSide.end({ timeoutMs: 1_000 });
    exit('ended with code 0');
  });
  return { clock, engine, served, link, events, carrier, exit, here, there };
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
