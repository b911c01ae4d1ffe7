/**
 * Whether the vault is another's beyond doubt, so that sessions stop for it. What cannot be read, or says another thing than
 * its name, keeps us from writing; but it may be a mistake of the vault's, and ends nothing that runs.
 */
import type { OwnerRecords } from './owner-records.ts';
import type { Rival, SeenOwner } from './rivals.ts';

export class Doubt {
  readonly #records: Pick<OwnerRecords, 'seenAnew'>;
  /** Records of copies of our volume as they were first seen, by their runs. */
  readonly #copies = new Map<string, string>();

  constructor(records: Pick<OwnerRecords, 'seenAnew'>) {
    this.#records = records;
  }

  /**
   * The rival where it says in so many words that the vault is its own, also when all is read anew; else null. Of a copy
   * one record says little: the last that a killed run of our own had sent may arrive late. One that renews it is alive.
   */
  async beyond(rival: Rival, signal: AbortSignal): Promise<Rival | null> {
    const { seen, kind } = rival;
    if (kind === 'claimant' || !saysItOwns(seen)) return null;
    const again = await this.#records.seenAnew(signal).catch(() => []);
    const isIt = (one: SeenOwner) =>
      one.installation === seen.installation && (kind === 'owner' || one.run === seen.run);
    if (!again.some((one) => isIt(one) && saysItOwns(one))) return null;
    if (kind === 'owner') return rival;
    const first = this.#copies.get(seen.run) ?? seen.name;
    this.#copies.set(seen.run, first);
    return first === seen.name ? null : rival;
  }
}

function saysItOwns({ installation, run, record }: SeenOwner): boolean {
  return record?.phase === 'owner' && record.installation === installation && record.run === run;
}
