import { randomBytes } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { it, onTestFinished } from 'vitest';
import { TimedVault } from '../../src/backup/timed-vault.ts';
import { systemClock } from '../../src/system/clock.ts';
import { SupabaseVault } from '../../src/vault/supabase/supabase-vault.ts';
import { FaultProxy, type Scripted } from '../doubles/fault-proxy.ts';
import { keys } from '../doubles/supabase-storage/roles.ts';
import { SupabaseStandIn } from '../doubles/supabase-storage/stand-in.ts';
import { type VaultUnderTest, vaultContract } from './vault.ts';

interface Project {
  readonly url: string;
  readonly key: string;
  readonly bucket: string;
  readonly prefix: string;
}

const said = (statusCode: string, message: string): Scripted['fault'] => {
  return { kind: 'answer', status: 400, body: JSON.stringify({ statusCode, message }) };
};
/** As the server answers to a key that no policy lets see anything. */
const sightless: readonly Scripted[] = [
  { method: 'POST', path: /\/object\/list\//, fault: { kind: 'answer', status: 200, body: '[]' } },
  { method: 'GET', path: /\/bucket\//, fault: said('404', 'Bucket not found') },
  { method: 'GET', path: /\/object\//, fault: said('404', 'Object not found') },
];
const refusals = {
  full: said('507', 'No space left'),
  forbidden: said('403', 'new row violates row-level security policy'),
  down: { kind: 'reset' },
} as const;

/** Of the one over which it is made, and of whatever lies between. */
async function underTest(project: Project): Promise<VaultUnderTest> {
  const proxy = await FaultProxy.before(project.url);
  const missing = `vigil-missing-${randomBytes(6).toString('hex')}`;
  onTestFinished(() => cleanUp(project, missing));
  const open = (bucket = project.bucket) => {
    const { key, prefix } = project;
    const options = { url: proxy.url, key, bucket, prefix, clock: systemClock };
    return new TimedVault(new SupabaseVault(options), systemClock);
  };
  const world = {
    vault: open(),
    missing: open(missing),
    reopen: async () => open(),
    blind: async () => proxy.script(...sightless),
    refuseWrites: async (how: keyof typeof refusals) => {
      proxy.script({ method: 'POST', path: /\/object\/[^/]+\/.*put:/, fault: refusals[how] });
    },
    mend: async () => proxy.mend(),
    dieInPut: async (...[object, what]: Parameters<VaultUnderTest['dieInPut']>) => {
      const moving = proxy.meets('hang');
      proxy.script(
        { path: /\/object\/move$/, fault: { kind: 'hang' } },
        { method: 'DELETE', fault: { kind: 'reset' } },
      );
      const dead = new AbortController();
      const putting = open().put(object, what, dead.signal);
      await moving;
      dead.abort(new Error('dead'));
      await putting.catch(() => {});
      proxy.mend();
    },
  };
  return world;
}

/** Everything below the prefix, and the bucket that a test made. */
async function cleanUp({ url, key, bucket, prefix }: Project, missing: string): Promise<void> {
  if (prefix === '') return;
  const { storage } = createClient(url, key, { accessToken: () => Promise.resolve(null) });
  const objects = storage.from(bucket);
  const below = async (folder: string): Promise<string[]> => {
    const found: string[] = [];
    for (const { name, id } of (await objects.list(folder, { limit: 1_000 })).data ?? []) {
      const path = `${folder}/${name}`;
      found.push(...(id === null ? await below(path) : [path]));
    }
    return found;
  };
  const left = await below(prefix);
  if (left.length > 0) await objects.remove(left);
  if ((await storage.emptyBucket(missing)).error === null) await storage.deleteBucket(missing);
}

const onStandIn = async (prefix: string) => {
  const { url } = await SupabaseStandIn.start();
  return underTest({ url, key: keys.service, bucket: 'backups', prefix });
};

vaultContract('supabase', () => onStandIn(''));
vaultContract('supabase, below a prefix', () => onStandIn('team/whatsapp'));

const {
  SUPABASE_TEST_URL: url = '',
  SUPABASE_TEST_SECRET_KEY: key = '',
  SUPABASE_TEST_BUCKET: bucket = '',
} = process.env;
if (url !== '' && key !== '' && bucket !== '') {
  vaultContract('supabase, a real project', () => {
    const prefix = `vigil-test/${randomBytes(6).toString('hex')}`;
    return underTest({ url, key, bucket, prefix });
  });
} else {
  it('vault: supabase, a real project', ({ skip }) => {
    skip('SUPABASE_TEST_URL, SUPABASE_TEST_SECRET_KEY and SUPABASE_TEST_BUCKET are not set');
  });
}
