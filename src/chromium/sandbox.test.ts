import { describe, expect, it, vi } from 'vitest';
import type { LaunchVerdict } from './launch-probe.ts';
import { resolveSandbox } from './sandbox.ts';

const works = (): Promise<LaunchVerdict> => Promise.resolve({ ok: true, ms: 1 });
const fails = (): Promise<LaunchVerdict> => Promise.resolve({ ok: false, why: 'No usable sandbox!' });
const never = () => Promise.reject(new Error('asked'));

describe('the sandbox', () => {
  it('is as it is set, without trying', async () => {
    expect(await resolveSandbox({ setting: 'on', executable: '/a', uid: 0, probe: never })).toMatchObject({
      enabled: true,
    });
    expect(await resolveSandbox({ setting: 'off', executable: '/a', uid: 1, probe: never })).toMatchObject({
      enabled: false,
      warning: expect.stringContaining('WITHOUT'),
    });
  });

  it('that was switched off is not advised to be switched off', async () => {
    const choice = await resolveSandbox({ setting: 'off', executable: '/a', uid: 1, probe: never });
    expect(choice).toMatchObject({ enabled: false, why: 'VIGIL_CHROMIUM_SANDBOX is off' });
    expect(JSON.stringify(choice)).not.toContain('SANDBOX=off');
  });

  it('is off for root, whom Chromium does not sandbox', async () => {
    const choice = await resolveSandbox({ setting: 'auto', executable: '/b', uid: 0, probe: never });
    expect(choice).toMatchObject({ enabled: false, why: expect.stringContaining('root') });
  });

  it('is on where it works, and off with a loud warning where it does not', async () => {
    const question = { setting: 'auto', uid: 1000 } as const;
    expect(await resolveSandbox({ ...question, executable: '/good', probe: works })).toEqual({
      enabled: true,
    });
    expect(await resolveSandbox({ ...question, executable: '/bad', probe: fails })).toMatchObject({
      warning: expect.stringMatching(/No usable sandbox!.*VIGIL_CHROMIUM_SANDBOX=off to accept it/),
    });
  });

  it('is tried once for each browser', async () => {
    const probe = vi.fn(works);
    const question = { setting: 'auto', executable: '/once', uid: 1000, probe } as const;
    await Promise.all([resolveSandbox(question), resolveSandbox(question)]);
    expect(probe).toHaveBeenCalledTimes(1);
  });
});
