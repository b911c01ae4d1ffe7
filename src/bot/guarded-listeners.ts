/**
 * Listeners that a bot registers are called in its context, and what they throw or reject with is reported instead of
 * thrown into the emitter, whose other listeners run on. Everybody else's calls go through untouched; and a bot can
 * take away only what it has put there itself.
 */
import type { EventEmitter } from 'node:events';

type Listener = (...args: unknown[]) => unknown;

export interface ListenerGuard {
  readonly isInside: () => boolean;
  /** Calls the listener as the bot's. Never throws. */
  readonly call: (where: string, work: () => unknown) => void;
  /** Whether an event is one that the bot's listeners are told of; all where it is left out. */
  readonly admits?: (event: string | symbol, args: readonly unknown[]) => boolean;
}

/** As Node marks its own `once`: `off` and `listeners` then know a listener by what was registered. */
type Wrapper = Listener & { listener: Listener };

export function guardListeners(emitter: EventEmitter, guard: ListenerGuard): void {
  const wrappers = new WeakSet<Listener>();
  const before = new Set(emitter.eventNames().flatMap((event) => emitter.rawListeners(event)));
  const original = {
    on: emitter.on.bind(emitter),
    once: emitter.once.bind(emitter),
    prependListener: emitter.prependListener.bind(emitter),
    prependOnceListener: emitter.prependOnceListener.bind(emitter),
    removeListener: emitter.removeListener.bind(emitter),
    removeAllListeners: emitter.removeAllListeners.bind(emitter),
  };

  const wrap = (event: string | symbol, listener: Listener, once: boolean): Wrapper => {
    const wrapper = (...args: unknown[]) => {
      if (guard.admits && !guard.admits(event, args)) return;
      if (once) original.removeListener(event, wrapper);
      guard.call(`a listener of "${String(event)}"`, () => Reflect.apply(listener, emitter, args));
    };
    wrappers.add(wrapper);
    return Object.assign(wrapper, { listener });
  };

  const adding =
    (add: 'on' | 'prependListener', otherwise: keyof typeof original, once: boolean) =>
    (event: string | symbol, listener: Listener) => {
      // What is no function is refused by the emitter itself, in its own words.
      if (!guard.isInside() || typeof listener !== 'function') return original[otherwise](event, listener);
      return original[add](event, wrap(event, listener, once));
    };

  const remove = (event: string | symbol, listener: Listener) => {
    const kept = [...before].some((one) => one === listener || (one as Wrapper).listener === listener);
    return kept && guard.isInside() ? emitter : original.removeListener(event, listener);
  };

  const removeAll = (...named: [event?: string | symbol]) => {
    if (!guard.isInside()) return original.removeAllListeners(...named);
    for (const event of named.length > 0 ? [named[0] as string | symbol] : emitter.eventNames()) {
      for (const listener of emitter.rawListeners(event) as Listener[])
        if (wrappers.has(listener)) original.removeListener(event, listener);
    }
    return emitter;
  };

  const replaced = {
    on: adding('on', 'on', false),
    addListener: adding('on', 'on', false),
    once: adding('on', 'once', true),
    prependListener: adding('prependListener', 'prependListener', false),
    prependOnceListener: adding('prependListener', 'prependOnceListener', true),
    off: remove,
    removeListener: remove,
    removeAllListeners: removeAll,
  };
  for (const [name, value] of Object.entries(replaced)) replace(emitter, name, value);
}

/** On the object itself, and seen by nobody who lists what it has. */
export function replace(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value, configurable: true, writable: true, enumerable: false });
}
