/**
 * The host's end of the channel: serves one engine to the daemon, and ends it when the daemon is gone.
 *
 * What may not happen: an engine that outlives its daemon. The end of the channel closes it at once; a
 * daemon that is alive but says nothing for `hostPatience` counts as gone, which is looked at only after
 * everything that it may have sent has been read.
 */
import type { Engine, EngineEvent, FreezeWatcher, LaunchSpec, ProbeRequest } from '../engine/engine.ts';
import type { Channel } from '../ipc/channel.ts';
import type { Clock, Timer } from '../system/clock.ts';
import { alarm, within } from '../system/deadline.ts';
import { pulseRequest } from './bot-protocol.ts';
import {
  alive,
  engineEvent,
  type FreezeParams,
  freezeRequest,
  hostPatience,
  thawedEvent,
} from './protocol.ts';

/** What is left of a browser after its close is looked for and ended within this. */
const reapTime = 5_000;
/** A daemon that takes longer to answer would come too late to let a browser go. */
const watchDeadline = 2_000;

export interface ServedEngine {
  /** Resolves when the engine has ended and nothing is left to serve. */
  readonly ended: Promise<void>;
  /** Tells the daemon why, and ends the engine. */
  fail(detail: string, cause?: 'engine_error' | 'bot_error'): Promise<void>;
  /** Ends the engine cleanly, as if the daemon had asked. */
  close(): Promise<void>;
}

export function serveEngine(engine: Engine, channel: Channel, clock: Clock): ServedEngine {
  const life = new AbortController();
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  let closing: Promise<void> | null = null;
  let closeDeadline = 10_000;

  const close = () => {
    closing ??= (async () => {
      life.abort(new Error('closing'));
      const bound = alarm(clock, closeDeadline + reapTime, 'closing the engine');
      try {
        await within(clock, closeDeadline + reapTime, 'closing the engine', engine.close(bound.signal));
      } catch {
        // It did not close in time: what is left of it is ended by force.
        await within(clock, reapTime, 'killing the engine', engine.kill()).catch(() => {});
      } finally {
        bound.cancel();
      }
      // Whoever asked is answered before the process may end.
    })().finally(() => setImmediate(end));
    return closing;
  };

  const emit = (event: EngineEvent) => channel.emit(engineEvent, event);

  channel.handle('start', async (params, { signal }) => {
    const spec = params as LaunchSpec;
    closeDeadline = spec.deadlines.close;
    await engine.start(spec, emit, AbortSignal.any([signal, life.signal]));
    return null;
  });
  channel.handle('probe', async (params, { signal }) =>
    engine.probe(params as ProbeRequest, AbortSignal.any([signal, life.signal])),
  );
  channel.handle('code', async (params, { signal }) => {
    await engine.requestPairingCode((params as { phone: string }).phone, signal);
    return null;
  });
  channel.handle('unlink', async (_params, { signal }) => {
    await engine.logout(signal);
    return null;
  });
  const watcher: FreezeWatcher = {
    async watch(processes) {
      const params: FreezeParams = { processes };
      await channel.request(freezeRequest, params, { timeoutMs: watchDeadline, signal: life.signal });
    },
    release: () => void channel.emit(thawedEvent, null),
  };
  channel.handle('snapshot', async (params, { signal }) => {
    const { target } = params as { target: string };
    return engine.snapshot(target, watcher, AbortSignal.any([signal, life.signal]));
  });
  channel.handle(pulseRequest, () => null);
  channel.handle('close', async () => {
    await close();
    return null;
  });

  let patience: Timer | null = null;
  const extend = () => {
    patience?.cancel();
    patience = clock.setTimer(hostPatience, () => void lookAgain());
  };
  let heard = 0;
  const lookAgain = async () => {
    // After a suspension the timer fires before the messages that would have extended it were read.
    const before = heard;
    await channel.drained();
    if (heard === before) await close();
    else extend();
  };
  channel.onEvent((name) => {
    if (name !== alive) return;
    heard++;
    extend();
  });
  extend();
  void channel.closed.then(() => close());

  return {
    ended,
    close,
    async fail(detail, cause = 'engine_error') {
      emit({ type: 'gone', cause, detail });
      // Cleanly, as ever: a login that was made a moment ago is only in the browser's memory.
      await close();
    },
  };
}
