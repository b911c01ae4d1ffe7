import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { VigilError } from '../errors.ts';
import { leftOf, Renewal, type Silence } from './renewal.ts';

const hour = 3_600_000;

function world() {
  const clock = new FakeClock();
  const silences: (Silence | null)[] = [];
  const at = { down: false, error: new VigilError('vault_unavailable', 'down'), tries: 0 };
  const renewal: Renewal = new Renewal({
    clock,
    onSilence: (silence) => silences.push(silence),
    renew: async () => {
      at.tries++;
      if (at.down) throw at.error;
      renewal.confirmed();
    },
  });
  onTestFinished(() => renewal.stop());
  return { clock, silences, at, renewal };
}

describe('a right that is renewed', () => {
  it('is said every hour, and nothing is told while it is', async () => {
    const { clock, silences, at, renewal } = world();
    renewal.start();
    renewal.start();
    for (let hours = 0; hours < 30; hours++) await clock.advance(hour);
    expect(at.tries).toBe(30);
    expect(silences).toEqual([]);
  });

  it('and cannot be is tried every five minutes, and told long before a day is over, and at its end', async () => {
    const { clock, silences, at, renewal } = world();
    renewal.confirmed();
    renewal.start();
    at.down = true;
    for (let hours = 0; hours < 48; hours++) await clock.advance(hour);
    expect(silences.map((one) => one && [one.confirmed, one.lasted / hour, leftOf(one) / hour])).toEqual([
      [true, 1, 23],
      [true, 6, 18],
      [true, 12, 12],
      [true, 18, 6],
      [true, 23, 1],
      [true, 24, 0],
    ]);
    expect(at.tries).toBe(1 + 47 * 12);
    at.down = false;
    await clock.advance(5 * 60_000);
    expect(silences.at(-1)).toBeNull();
    at.down = true;
    await clock.advance(hour);
    expect(silences.at(-1)).toMatchObject({ lasted: hour });
  });

  it('is not counted from a clock that was set back, nor from one that stood still', async () => {
    const back = world();
    back.renewal.confirmed();
    back.renewal.start();
    back.at.down = true;
    back.clock.set(back.clock.now() - 48 * hour);
    await back.clock.advance(7 * hour);
    expect(back.silences).toMatchObject([{ lasted: hour }, { lasted: 6 * hour }]);
    const asleep = world();
    asleep.renewal.confirmed();
    asleep.renewal.start();
    asleep.at.down = true;
    asleep.clock.set(asleep.clock.now() + 23 * hour);
    await asleep.clock.advance(hour);
    expect(asleep.silences).toMatchObject([{ lasted: 24 * hour }]);
  });

  it('is known where the vault is another’s, and told as unknown where it has never answered', async () => {
    const { clock, silences, at, renewal } = world();
    renewal.start();
    at.down = true;
    await clock.advance(hour);
    expect(silences).toMatchObject([{ confirmed: false, lasted: hour }]);
    at.error = new VigilError('vault_owned', 'not ours');
    await clock.advance(5 * 60_000);
    expect(silences.at(-1)).toBeNull();
    expect(silences).toHaveLength(2);
  });
});
