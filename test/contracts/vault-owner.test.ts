/**
 * Whose a vault is, over each store that several can reach: by the store's own clock, however it gives an object its name,
 * and whatever the clocks of the machines say.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Vault } from '../../src/backup/vault.ts';
import { owners } from '../../src/installation/owner-record.ts';
import { VaultOwner } from '../../src/installation/vault-owner.ts';
import type { Clock } from '../../src/system/clock.ts';
import { LinuxDisk } from '../../src/system/linux-disk.ts';
import { DirectoryVault } from '../../src/vault/directory-vault.ts';
import { S3Vault } from '../../src/vault/s3/s3-vault.ts';
import { SupabaseVault } from '../../src/vault/supabase/supabase-vault.ts';
import { FakeClock } from '../doubles/fake-clock.ts';
import { scratchDirectory } from '../doubles/scratch.ts';
import { keys } from '../doubles/supabase-storage/roles.ts';
import { SupabaseStandIn } from '../doubles/supabase-storage/stand-in.ts';
import { source } from './vault.ts';

const never = new AbortController().signal;
const hour = 3_600_000;

let server: FauxqsServer;
beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false });
});
afterAll(() => server.stop());

/** The same storage as each of those sees it who reach it, by a clock of their own. */
type Stores = (clock: Clock) => Vault;

const stores: Readonly<Record<string, () => Promise<Stores>>> = {
  async directory() {
    const path = join(await scratchDirectory(), 'vault');
    await mkdir(path);
    return (clock) => new DirectoryVault({ path, disk: new LinuxDisk(), clock, onVolume: false });
  },
  async s3() {
    const bucket = `owners-${randomBytes(4).toString('hex')}`;
    server.createBucket(bucket);
    const credentials = { accessKeyId: 'AKIDOFTHISTEST', secretAccessKey: 'secret', sessionToken: null };
    const endpoint = `http://127.0.0.1:${server.port}`;
    const at = { bucket, prefix: 'team', region: 'us-east-1', endpoint, pathStyle: true, credentials };
    return (clock) => new S3Vault({ ...at, clock });
  },
  async supabase() {
    const { url } = await SupabaseStandIn.start();
    return (clock) => new SupabaseVault({ url, key: keys.service, bucket: 'backups', prefix: 'team', clock });
  },
};

function party(open: Stores, installation: string, clock: FakeClock, run = '1'): VaultOwner {
  const owner = new VaultOwner({
    vault: open(clock),
    self: { installation: installation.repeat(32), run: run.repeat(12), host: `host-${installation}` },
    clock,
    random: () => 0.5,
    staged: async (text, use) => use(await source(text)),
  });
  onTestFinished(() => owner.stop());
  return owner;
}

const owned = { code: 'vault_owned' };

describe.each(Object.keys(stores))('the owner of a vault: %s', (kind) => {
  it('is dated by the store, not by who writes', async () => {
    const open = await (stores[kind] as () => Promise<Stores>)();
    // A store that only knows whole seconds.
    const before = Date.now() - 1_000;
    const clock = new FakeClock(Date.UTC(2001, 0, 1));
    await party(open, 'a', clock).require(never);
    const [record] = await open(clock).list(owners, never);
    expect(Date.parse(record?.modifiedAt ?? '')).toBeGreaterThanOrEqual(before);
    expect(Date.parse(record?.modifiedAt ?? '')).toBeLessThanOrEqual(Date.now() + 1_000);
  });

  it('is one of two, whose clocks are years apart, and loses it to the other by a take-over alone', async () => {
    const open = await (stores[kind] as () => Promise<Stores>)();
    const late = new FakeClock(Date.UTC(2001, 0, 1));
    const a = party(open, 'a', late);
    const b = party(open, 'b', new FakeClock(Date.UTC(2090, 0, 1)));
    await a.require(never);
    await expect(b.require(never)).rejects.toMatchObject(owned);
    await b.takeOver(never);
    await late.advance(hour);
    await expect(a.renew(never)).rejects.toMatchObject(owned);
    await b.renew(never);
    await expect(party(open, 'a', late, '2').require(never)).rejects.toMatchObject(owned);
    expect(await open(late).list(owners, never)).toHaveLength(1);
  });
});
