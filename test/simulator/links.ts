import { EventEmitter, once } from 'node:events';

export type Break = 'loud' | 'silent';

/** Which links are broken, and how. A page counts as broken when it is, or its device is, or everything is. */
export class Links {
  readonly #broken = new Map<string, Break>();
  readonly #changes = new EventEmitter().setMaxListeners(0);

  break(keys: string[], how: Break): void {
    for (const key of keys) this.#broken.set(key, how);
    this.#changes.emit('changed');
  }

  heal(keys: string[]): void {
    if (keys.includes('all')) this.#broken.clear();
    for (const key of keys) this.#broken.delete(key);
    this.#changes.emit('changed');
  }

  of(page: string, device: string | undefined): Break | undefined {
    const keys = ['all', `page ${page}`, ...(device ? [`device ${device}`] : [])];
    return keys.map((key) => this.#broken.get(key)).find((how) => how !== undefined);
  }

  /** Resolves when the link is no longer silent, with what it is by then. */
  async heard(page: string, device: () => string | undefined): Promise<Break | undefined> {
    while (this.of(page, device()) === 'silent') await once(this.#changes, 'changed');
    return this.of(page, device());
  }

  onChange(listener: () => void): void {
    this.#changes.on('changed', listener);
  }
}
