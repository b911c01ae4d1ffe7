/** Events as the page's models have them: several names at once, separated by spaces. */
export class Emitter {
  #listeners = new Map();

  on(names, listener) {
    for (const name of names.split(' ')) {
      this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    }
    return this;
  }

  off(names, listener) {
    for (const name of names.split(' ')) {
      const kept = (this.#listeners.get(name) ?? []).filter(
        (one) => one !== listener && one.original !== listener,
      );
      this.#listeners.set(name, kept);
    }
    return this;
  }

  once(names, listener) {
    const single = (...args) => {
      this.off(names, single);
      listener(...args);
    };
    single.original = listener;
    return this.on(names, single);
  }

  trigger(name, ...args) {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        listener(...args);
      } catch (error) {
        console.error(`listener of ${name} failed`, error);
      }
    }
  }

  listenerCount(name) {
    return this.#listeners.get(name)?.length ?? 0;
  }
}
