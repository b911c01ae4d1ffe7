/** A profile that was damaged, wiped or lost while nothing ran: the newest good backup takes its place, unasked. */
import { cp, open, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { expectOnline, expectUndisturbed } from './expectations.ts';
import { type PairedWorld, pairedCopy, pairedOnline } from './paired-volume.ts';
import type { Volume } from './volume.ts';

const localStorage = (volume: Volume) => join(volume.profile(), 'Default', 'Local Storage', 'leveldb');
const indexedDb = (volume: Volume, kind: 'leveldb' | 'blob' = 'leveldb') =>
  join(volume.profile(), 'Default', 'IndexedDB', `https_web.whatsapp.com_0.indexeddb.${kind}`);

async function largest(directory: string, ending: RegExp): Promise<string> {
  const files = (await readdir(directory))
    .filter((name) => ending.test(name))
    .map((name) => join(directory, name));
  const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size));
  const path = files[sizes.indexOf(Math.max(...sizes))];
  if (!path) throw new Error(`nothing like ${ending} in ${directory}`);
  return path;
}

async function halve(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  await file.truncate(Math.floor((await file.stat()).size / 2));
}

const damages: readonly (readonly [string, (volume: Volume) => Promise<unknown>])[] = [
  ['the profile is gone', (volume) => rm(volume.profile(), { recursive: true })],
  ['all profiles are gone', (volume) => rm(join(volume.root, 'whatsapp-sessions'), { recursive: true })],
  ['CURRENT of IndexedDB is gone', (volume) => rm(join(indexedDb(volume), 'CURRENT'))],
  [
    'what IndexedDB has written is gone',
    async (volume) => rm(await largest(indexedDb(volume), /\.(log|ldb)$/)),
  ],
  ['the blobs are gone', (volume) => rm(indexedDb(volume, 'blob'), { recursive: true })],
  ['Local Storage is gone', (volume) => rm(join(localStorage(volume), '..'), { recursive: true })],
  [
    'a MANIFEST is garbage',
    async (volume) => writeFile(await largest(localStorage(volume), /^MANIFEST/), Buffer.alloc(300, 0xa5)),
  ],
  ['Local Storage is torn', async (volume) => halve(await largest(localStorage(volume), /\.(log|ldb)$/))],
];

it.each(damages)('comes back from its backup when %s', async (_damage, harm) => {
  const world = await pairedCopy();
  const { rig, volume } = world;
  await harm(volume);
  const daemon = await rig.serve(volume);
  const view = await daemon.ready();
  expect(view.restored).not.toBeNull();
  await expectOnline(world);
  const { stdout } = await rig.cli(volume, ['sessions']);
  expect(stdout).toMatch(/Restored \d+ s ago from backup/);
});

it('comes back past what was planted beside its backups, and names it', async () => {
  const world = await pairedCopy();
  const { rig, volume } = world;
  const place = volume.ours('vault', 'sessions', 'main');
  await symlink('/etc', join(place, 'stray'));
  await symlink('/etc/hostname', join(place, '20991231T000000Z-99-0123456789ab.json'));
  await rm(volume.profile(), { recursive: true });
  const daemon = await rig.serve(volume);
  expect((await daemon.ready()).restored).not.toBeNull();
  await expectOnline(world);
  for (const name of ['sessions/main/stray', '20991231T000000Z-99-0123456789ab'])
    expect(daemon.lines).toContainEqual(
      expect.objectContaining({
        backup: name,
        why: expect.stringContaining('is a symbolic link'),
        msg: 'A backup was passed over',
      }),
    );
});

it('keeps what was there in quarantine, essential directories only', async () => {
  const { rig, volume } = await pairedCopy();
  await rm(join(indexedDb(volume), 'CURRENT'));
  const daemon = await rig.serve(volume);
  await daemon.ready();
  const [kept] = await readdir(volume.ours('quarantine', 'main'));
  const place = volume.ours('quarantine', 'main', kept ?? '');
  expect((await readdir(join(place, 'Default'))).sort()).toEqual([
    'IndexedDB',
    'Local Storage',
    'Session Storage',
  ]);
});

it('comes back when the profile is lost under its browser, and the page notices', async () => {
  const { rig, daemon, volume } = await pairedOnline();
  const before = await daemon.ready();
  // The browser goes on to write there.
  await rm(volume.profile(), { recursive: true, maxRetries: 20, retryDelay: 50 });
  await rig.whatsapp.control.reload({ target: 'all' });
  const view = await daemon.recovered(before);
  expect(view.restored).not.toBeNull();
  expect(rig.whatsapp.count('pairings')).toBe(0);
});

it('comes back a second time from the only backup there is', async () => {
  const { rig, volume } = await pairedCopy();
  const first = await rig.serve(volume);
  await first.ready();
  await first.stop();
  await rm(volume.profile(), { recursive: true });
  const second = await rig.serve(volume);
  await second.ready();
  await second.stop();
  // As many bytes as before, and not what they were: no structure shows it, the page does.
  const blobs = await readdir(indexedDb(volume, 'blob'), { recursive: true, withFileTypes: true });
  for (const blob of blobs.filter((entry) => entry.isFile())) {
    const path = join(blob.parentPath, blob.name);
    await writeFile(path, Buffer.alloc((await stat(path)).size, 0xa5));
  }
  const third = await rig.serve(volume);
  await third.ready();
  expect(rig.whatsapp.count('qrPages')).toBe(1);
  const { json } = await rig.cli(volume, ['backups', 'main', '--json']);
  expect(json).toMatchObject([{ state: 'verified' }]);
});

async function archivesOf(volume: Volume): Promise<readonly string[]> {
  const vault = volume.ours('vault', 'sessions', 'main');
  const names = (await readdir(vault)).filter((name) => name.endsWith('.tar.gz')).sort();
  return names.map((name) => join(vault, name));
}

it('shows no QR and starts no browser when there is no good backup either', async () => {
  const { rig, volume } = await pairedCopy();
  for (const archive of await archivesOf(volume)) await halve(archive);
  await rm(volume.profile(), { recursive: true });
  const daemon = await rig.serve(volume);
  const view = await daemon.until(({ state }) => state === 'failed');
  expect(view).toMatchObject({ reason: 'no_sound_profile' });
  expect(volume.browsers('main')).toEqual([]);
  expectUndisturbed(rig.whatsapp);
});

it('waits for a vault that has lost what was put into it, and comes back from it', async () => {
  const world = await pairedCopy();
  const { rig, volume } = world;
  await rename(volume.ours('vault'), volume.ours('elsewhere'));
  await rm(volume.profile(), { recursive: true });
  const daemon = await rig.serve(volume);
  const view = await daemon.until(({ state }) => state === 'resting');
  expect(view).toMatchObject({ status: 'disconnected', reason: 'backups_missing' });
  expect(volume.browsers('main')).toEqual([]);
  await rm(volume.ours('vault'), { recursive: true, force: true });
  await rename(volume.ours('elsewhere'), volume.ours('vault'));
  expect(await rig.cli(volume, ['start', 'main'])).toMatchObject({ code: 0 });
  await expectOnline(world);
});

it('is paired anew where the vault was emptied on purpose', async () => {
  const { rig, volume } = await pairedCopy();
  await rm(volume.ours('vault'), { recursive: true });
  await rm(volume.profile(), { recursive: true });
  const daemon = await rig.serve(volume);
  await daemon.until(({ reason }) => reason === 'backups_missing');
  await rig.run(volume, ['pair', 'main', '--json']);
  await daemon.until(({ status }) => status === 'qr_ready');
  await rig.scan(daemon);
  await daemon.ready();
});

it('passes over a backup that is damaged itself', async () => {
  const world = await pairedOnline();
  const { daemon, rig, volume } = world;
  expect(await rig.cli(volume, ['backup', 'main', '--json'])).toMatchObject({ code: 0 });
  await daemon.stop();
  const archives = await archivesOf(volume);
  expect(archives).toHaveLength(2);
  await halve(archives[1] as string);
  await rm(volume.profile(), { recursive: true });
  const next = await rig.serve(volume);
  const view = await next.ready();
  expect(basename(archives[0] as string).startsWith(view.restored?.id ?? '-')).toBe(true);
});

it('comes back when records, registry and profile are gone and only the vault is left', async () => {
  const world = await pairedCopy();
  const { rig, volume } = world;
  await rm(join(volume.root, 'whatsapp-sessions'), { recursive: true });
  for (const name of await readdir(volume.ours())) {
    if (name !== 'vault') await rm(volume.ours(name), { recursive: true, force: true });
  }
  const daemon = await rig.serve(volume);
  await daemon.ready();
  await expectOnline(world);
});

async function unlinkedWhileDown(world: PairedWorld): Promise<void> {
  await world.rig.whatsapp.control.unlink({ device: world.device });
}

it('tries one backup, with the QR hidden, when the phone unlinked the device meanwhile, and then says so', async () => {
  const world = await pairedCopy();
  const { rig, volume } = world;
  await unlinkedWhileDown(world);
  const daemon = await rig.serve(volume);
  const view = await daemon.until(({ state }) => state === 'failed', { deadline: 90_000 });
  expect(view).toMatchObject({ reason: 'logged_out' });
  expect(view.restored).not.toBeNull();
  expect(volume.browsers('main')).toEqual([]);
  expect(rig.whatsapp.count('pairings')).toBe(0);
  const again = await rig.cli(volume, ['backups', 'main', '--json']);
  expect(again.json).toMatchObject([{ state: 'rejected' }]);
  // No profile was lost on the way: the one before is in quarantine, the one that was tried is in place.
  expect(await readdir(volume.ours('quarantine', 'main'))).toHaveLength(1);
});

it('ends as a logout, with no QR shown and nothing lost, when the server refuses an old backup', async () => {
  const world = await pairedOnline();
  const { daemon, rig, volume } = world;
  await daemon.stop();
  // The server has seen a later login than the one in the backup, and takes the older one for a copy.
  await rig.whatsapp.control.configure({ staleLogin: 'refuse' });
  await rm(join(indexedDb(volume), 'CURRENT'));
  const next = await rig.serve(volume);
  const view = await next.until(({ state }) => state === 'failed', { deadline: 90_000 });
  expect(view).toMatchObject({ reason: 'logged_out' });
  expect(rig.whatsapp.count('refusedLogins')).toBe(1);
  expect(rig.whatsapp.count('pairings')).toBe(0);
  expect(volume.browsers('main')).toEqual([]);
  const backups = await rig.cli(volume, ['backups', 'main', '--json']);
  expect(backups.json).toMatchObject([{ state: 'rejected' }]);
  const [kept] = await readdir(volume.ours('quarantine', 'main'));
  const store = join(volume.ours('quarantine', 'main', kept ?? ''), 'Default', 'IndexedDB');
  expect(await readdir(store)).toContain('https_web.whatsapp.com_0.indexeddb.leveldb');
});

it('takes up a profile that nobody knows of where it lies', async () => {
  const world = await pairedCopy();
  const { rig, volume } = world;
  await rm(volume.ours(), { recursive: true });
  const daemon = await rig.serve(volume, { VIGIL_SESSIONS: undefined });
  await daemon.ready();
  await expectOnline(world);
});

it('takes up the profile of a LocalAuth without a name as the session default', async () => {
  const { rig, volume } = await pairedCopy();
  await rm(volume.ours(), { recursive: true });
  const bare = join(volume.root, 'whatsapp-sessions', 'session');
  await cp(volume.profile(), bare, { recursive: true, verbatimSymlinks: true });
  await rm(volume.profile(), { recursive: true });
  const daemon = await rig.serve(volume, { VIGIL_SESSIONS: undefined });
  await daemon.ready('default');
  expect(await readdir(join(volume.root, 'whatsapp-sessions'))).toEqual(['session']);
  expectUndisturbed(rig.whatsapp);
});

it('starts neither of two profiles of one device', async () => {
  const { rig, volume } = await pairedCopy();
  await rm(volume.ours(), { recursive: true });
  await cp(volume.profile(), volume.profile('copy'), { recursive: true, verbatimSymlinks: true });
  const daemon = await rig.serve(volume, { VIGIL_SESSIONS: undefined });
  await daemon.until(({ status }) => status === 'stopped', { id: 'copy' });
  expect((await daemon.sessions()).map(({ status, reason }) => ({ status, reason }))).toEqual([
    { status: 'stopped', reason: 'profile_found' },
    { status: 'stopped', reason: 'profile_found' },
  ]);
  expect(rig.whatsapp.count('connects')).toBe(0);
});

it('does not run a copy of a session beside it, not even on a person’s word', async () => {
  const { rig, daemon, volume } = await pairedOnline();
  await cp(volume.profile(), volume.profile('copy'), { recursive: true, verbatimSymlinks: true });
  await rig.run(volume, ['pair', 'copy', '--json']);
  await daemon.until(({ reason }) => reason === 'profile_in_use', { id: 'copy' });
  expect(rig.whatsapp.count('connects')).toBe(1);
  expectUndisturbed(rig.whatsapp);
});

it('refuses a profile that a newer browser wrote, and says so', async () => {
  const { rig, volume } = await pairedCopy();
  await writeFile(join(volume.profile(), 'Last Version'), '999.0.1.2');
  const daemon = await rig.serve(volume);
  const view = await daemon.until(({ status }) => status === 'disconnected');
  expect(view).toMatchObject({ reason: 'profile_too_new' });
  expect(await readFile(join(volume.profile(), 'Last Version'), 'utf8')).toBe('999.0.1.2');
});
