import { once } from 'node:events';
import { mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decoy } from '../../test/doubles/decoy.ts';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { FewProcesses } from '../../test/doubles/few-processes.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { whatsappWebProfile } from '../engine/whatsapp-web/profile-layout.ts';
import { sessionId } from '../session/id.ts';
import { LinuxProcesses } from '../system/linux-processes.ts';
import type { Processes } from '../system/processes.ts';
import { profilePath, volumeLayout } from '../volume/layout.ts';
import { inspectProfile } from './inspect-profile.ts';
import { sessionMarker, volumeMarker } from './markers.ts';
import { orphanGrace } from './prepare-profile.ts';
import { VolumeProfiles } from './profiles.ts';

const main = sessionId('main');
const never = new AbortController().signal;
const processes = new LinuxProcesses();

async function volume(running: Processes = processes) {
  const layout = volumeLayout(await scratchDirectory());
  const profile = profilePath(layout, main);
  await mkdir(join(profile, 'Default'), { recursive: true });
  await mkdir(layout.quarantine, { recursive: true });
  const clock = new FakeClock();
  const disk = new FaultyDisk();
  const profiles = new VolumeProfiles({
    layout,
    processes: running,
    disk,
    clock,
    floor: 0,
    profileLayout: whatsappWebProfile,
    browserVersion: async () => '150.0.0.0',
    finishRestore: async () => false,
  });
  /** Runs it while time passes. */
  const passing = async <T>(work: Promise<T>): Promise<T> => {
    let over = false;
    const end = () => {
      over = true;
    };
    work.then(end, end);
    while (!over) {
      // Real processes need real time to die; the fake one runs 25 times as fast as that.
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (clock.pending > 0) await clock.advance(50);
    }
    return work;
  };
  return {
    layout,
    profile,
    clock,
    disk,
    profiles,
    passing,
    inspect: () => inspectProfile({ profile, volume: layout.root, processes }),
    prepare: (signal = never) =>
      passing(
        profiles.prepare(main, { forfeited: false, login: 'none', evidence: null, dueRestore: null }, signal),
      ),
    ours: (...args: string[]) =>
      decoy([`--user-data-dir=${profile}`, volumeMarker(layout.root), ...args], { detached: true }),
    host: () => decoy([sessionMarker(main), volumeMarker(layout.root)]),
  };
}

const lives = async (pid: number) => (await processes.find(pid)) !== null;

describe('who runs on a profile', () => {
  it('is nobody, when nobody does', async () => {
    const { inspect } = await volume();
    expect(await inspect()).toEqual({ owner: 'none', processes: [], lock: null });
  });

  it('is we, by both marks', async () => {
    const { inspect, ours } = await volume();
    const { pid } = await ours();
    expect(await inspect()).toMatchObject({ owner: 'ours', processes: [{ pid }] });
  });

  it('is a stranger, without the mark or with another volume’s', async () => {
    for (const marks of [[], [volumeMarker(await scratchDirectory())]]) {
      const { inspect, profile } = await volume();
      const { pid } = await decoy([`--user-data-dir=${profile}`, ...marks]);
      expect(await inspect()).toMatchObject({ owner: 'stranger', processes: [{ pid }] });
    }
  });

  it('is found by every way to name the directory', async () => {
    const { profile, layout } = await volume();
    const link = join(await scratchDirectory(), 'link');
    await symlink(layout.root, link);
    for (const args of [
      ['--user-data-dir', profile],
      [`--user-data-dir=${profile}/`],
      [`--user-data-dir=${join(link, 'whatsapp-sessions', 'session-main')}`],
      ['--user-data-dir=session-main'],
    ]) {
      const { kill } = await decoy(args, { cwd: layout.sessions });
      expect(await inspectProfile({ profile, volume: layout.root, processes })).toMatchObject({
        owner: 'stranger',
      });
      await kill();
    }
  });

  it('is not whoever runs on a profile with a similar name', async () => {
    const { inspect, profile } = await volume();
    await mkdir(`${profile}2`);
    await decoy([`--user-data-dir=${profile}2`]);
    await decoy([`--user-data-dir=${profile}/Default`]);
    await decoy([`x--user-data-dir=${profile}`]);
    expect(await inspect()).toMatchObject({ owner: 'none' });
  });

  it('is not a child process of a browser', async () => {
    const { inspect, profile } = await volume();
    await decoy(['--type=renderer', `--user-data-dir=${profile}`]);
    expect(await inspect()).toMatchObject({ owner: 'none' });
  });

  it('is nobody under a lock whose pid was reused, whoever has it now', async () => {
    const { inspect, profile } = await volume();
    const { pid } = await decoy(['--user-data-dir=/another/profile']);
    await symlink(`${processes.hostname()}-${pid}`, join(profile, 'SingletonLock'));
    expect(await inspect()).toEqual({
      owner: 'none',
      processes: [],
      lock: { present: true, host: processes.hostname(), pid },
    });
  });

  it('is still whoever runs on it after it was moved away', async () => {
    const { inspect, ours, profile } = await volume();
    await ours();
    await rename(profile, `${profile}-moved`);
    expect(await inspect()).toMatchObject({ owner: 'ours' });
  });
});

describe('what stands still of a browser that was killed in the middle of a snapshot', () => {
  const renderer = (profile: string) => [`/chromium --type=renderer --user-data-dir=${profile} --lang=en`];

  async function left(argv: (profile: string) => readonly string[]) {
    const few = new FewProcesses();
    const { layout, profile, profiles } = await volume(few);
    few.leftStanding(41, argv(profile));
    const inspect = () => inspectProfile({ profile, volume: layout.root, processes: few });
    return { few, profile, profiles, inspect };
  }

  it('is found by its profile, and ended before anything is started on that', async () => {
    const { few, profiles, inspect } = await left(renderer);
    expect(await inspect()).toMatchObject({ owner: 'ours', processes: [{ pid: 41 }] });
    expect(await profiles.reap(main)).toBe(true);
    expect(few.sent).toEqual(['SIGKILL 41']);
    expect(await inspect()).toMatchObject({ owner: 'none' });
  });

  it('is nobody where its browser lives, which may be about to let it run', async () => {
    const { few, inspect } = await left(renderer);
    few.browser(40);
    expect(await inspect()).toMatchObject({ owner: 'none' });
  });

  it('is nobody on another profile', async () => {
    const { inspect } = await left((profile) => renderer(`${profile}2`));
    expect(await inspect()).toMatchObject({ owner: 'none' });
  });
});

describe('preparing a profile', () => {
  it('says whether there is one, and strips its locks', async () => {
    const { prepare, profile, passing, profiles } = await volume();
    await symlink('former-host-17', join(profile, 'SingletonLock'));
    expect(await prepare()).toEqual({ profile: 'fresh' });
    expect(await readdir(profile)).toEqual(['Default']);
    expect(
      await passing(
        profiles.prepare(
          sessionId('new'),
          { forfeited: false, login: 'none', evidence: null, dueRestore: null },
          never,
        ),
      ),
    ).toEqual({
      profile: 'fresh',
    });
  });

  it('refuses while a stranger’s browser runs, names it, and touches nothing', async () => {
    const { prepare, profile } = await volume();
    const { pid } = await decoy([`--user-data-dir=${profile}`]);
    await symlink(`${processes.hostname()}-${pid}`, join(profile, 'SingletonLock'));
    await expect(prepare()).rejects.toMatchObject({
      code: 'profile_in_use',
      message: expect.stringContaining(`pid ${pid}`),
    });
    expect(await lives(pid)).toBe(true);
    expect(await readdir(profile)).toContain('SingletonLock');
  });

  it('says nothing of a stranger’s other arguments, which may hold secrets', async () => {
    const { prepare, profile } = await volume();
    const { pid } = await decoy([`--user-data-dir=${profile}`, '--proxy-password=hunter2', 'token\nhunter2']);
    await expect(prepare()).rejects.toMatchObject({
      message: `The profile of session "main" is in use by a browser that is not ours: pid ${pid}, sh, with the user-data directory ${profile}.`,
      details: { pid },
    });
  });

  it('gives an orphan time to close by itself, which flushes the login', async () => {
    const { profiles, passing, ours, clock } = await volume();
    const { child } = await ours();
    const prepared = profiles.prepare(
      main,
      { forfeited: false, login: 'none', evidence: null, dueRestore: null },
      never,
    );
    while (clock.pending === 0) await clock.advance(0);
    const ended = once(child, 'exit');
    child.stdin?.end();
    await ended;
    await passing(prepared);
    expect(child.exitCode).not.toBeNull();
    expect(child.signalCode).toBeNull();
  });

  it('kills one that does not, with its host and whatever it started, and spares everybody else', async () => {
    const { prepare, ours, host, clock } = await volume();
    const browser = await ours();
    const orphanedHost = await host();
    const child = await decoy([], { script: 'read line & read line' });
    const otherHost = await decoy([sessionMarker(sessionId('sales'))]);
    const before = clock.monotonic();
    expect(await prepare()).toEqual({ profile: 'fresh' });
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(orphanGrace);
    expect(browser.child.signalCode).toBe('SIGKILL');
    expect(orphanedHost.child.signalCode).toBe('SIGKILL');
    expect(await lives(child.pid)).toBe(true);
    expect(await lives(otherHost.pid)).toBe(true);
  });

  it('waits for a host that has no browser yet: it is about to launch one', async () => {
    const { prepare, host } = await volume();
    const { child } = await host();
    await prepare();
    expect(child.signalCode).toBe('SIGKILL');
  });

  it('spares another volume’s host of the same name', async () => {
    const { prepare } = await volume();
    const { pid } = await decoy([sessionMarker(main), volumeMarker(await scratchDirectory())]);
    await prepare();
    expect(await lives(pid)).toBe(true);
  });

  it('ends at once when it is told to', async () => {
    const { profiles, ours, clock } = await volume();
    const { pid } = await ours();
    const stop = new AbortController();
    const prepared = profiles.prepare(
      main,
      { forfeited: false, login: 'none', evidence: null, dueRestore: null },
      stop.signal,
    );
    prepared.catch(() => {});
    while (clock.pending === 0) await clock.advance(0);
    stop.abort(new Error('enough'));
    await expect(prepared).rejects.toThrow('enough');
    expect(await lives(pid)).toBe(true);
  });

  it('moves a forfeited profile to quarantine first', async () => {
    const { profiles, passing, layout } = await volume();
    expect(
      await passing(
        profiles.prepare(main, { forfeited: true, login: 'none', evidence: null, dueRestore: null }, never),
      ),
    ).toEqual({
      profile: 'fresh',
    });
    expect(await readdir(join(layout.quarantine, 'main'))).toEqual([
      expect.stringMatching(/^20260101T00000\dZ-forfeited$/),
    ]);
    expect(
      await passing(
        profiles.prepare(main, { forfeited: true, login: 'none', evidence: null, dueRestore: null }, never),
      ),
    ).toEqual({
      profile: 'fresh',
    });
  });

  it.each(['profile', 'Default'])('refuses a link planted as its %s', async (what) => {
    const { prepare, profile } = await volume();
    const elsewhere = await scratchDirectory();
    await writeFile(join(elsewhere, 'SingletonLock'), '');
    const path = what === 'profile' ? profile : join(profile, 'Default');
    await rename(path, `${path}-away`);
    await symlink(elsewhere, path);
    await expect(prepare()).rejects.toMatchObject({ code: 'volume_permission', subject: path });
    expect(await readdir(elsewhere)).toEqual(['SingletonLock']);
  });
});

describe('reaping after a host has ended', () => {
  it('ends its browser, and leaves a stranger’s alone', async () => {
    const { profiles, passing, ours, profile } = await volume();
    const { child, kill } = await ours();
    expect(await passing(profiles.reap(main))).toBe(true);
    expect(child.signalCode).toBe('SIGKILL');
    await kill();
    const stranger = await decoy([`--user-data-dir=${profile}`]);
    expect(await passing(profiles.reap(main))).toBe(true);
    expect(await lives(stranger.pid)).toBe(true);
  });
});
