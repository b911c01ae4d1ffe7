import { expect, it } from 'vitest';
import { decoy } from '../../test/doubles/decoy.ts';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { eventually } from '../../test/support/eventually.ts';
import { LinuxProcesses } from '../system/linux-processes.ts';
import type { ProcessInfo } from '../system/processes.ts';
import { endOrphans } from './orphans.ts';

const processes = new LinuxProcesses();
const grace = 8_000;

async function orphan({ stopped }: { readonly stopped: boolean }) {
  const { pid, child } = await decoy([], { detached: true });
  if (stopped) child.kill('SIGSTOP');
  const wanted = stopped ? 'T' : 'S';
  await eventually(async () => expect(await processes.threads(pid)).toEqual([wanted]));
  return { child, info: (await processes.find(pid)) as ProcessInfo };
}

/** Milliseconds that it took, by a clock that runs faster than real processes die. */
async function ending(hosts: readonly ProcessInfo[], browsers: readonly ProcessInfo[]): Promise<number> {
  const clock = new FakeClock();
  const signal = new AbortController().signal;
  let isDone = false;
  const ended = endOrphans({ hosts, browsers, processes, clock, signal, grace }).finally(() => {
    isDone = true;
  });
  while (!isDone) {
    // Real processes need real time to die; the fake one runs 25 times as fast as that.
    await new Promise((resolve) => setTimeout(resolve, 2));
    await clock.advance(50);
  }
  expect(await ended).toBe(true);
  return clock.monotonic();
}

it('a browser that runs gets time to close by itself', async () => {
  const browser = await orphan({ stopped: false });
  expect(await ending([], [browser.info])).toBeGreaterThanOrEqual(grace);
  expect(browser.child.signalCode).toBe('SIGKILL');
});

it('one that stands still gets none: the host of a snapshot was killed, and it never ends by itself', async () => {
  const browser = await orphan({ stopped: true });
  expect(await ending([], [browser.info])).toBeLessThan(grace);
  await eventually(() => expect(browser.child.signalCode).toBe('SIGKILL'));
});

it('one that stands still while its host lives gets time: the host lets it go and closes it', async () => {
  const [browser, host] = [await orphan({ stopped: true }), await orphan({ stopped: false })];
  expect(await ending([host.info], [browser.info])).toBeGreaterThanOrEqual(grace);
});
