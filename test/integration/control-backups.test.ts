import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectControl } from '../../src/control/control-client.ts';
import { type ControlServer, startControlServer } from '../../src/control/control-server.ts';
import { VigilError } from '../../src/errors.ts';
import { sessionId } from '../../src/session/id.ts';
import type { BackupOperations, Step, Work } from '../../src/supervisor/backup-operations.ts';
import { systemClock } from '../../src/system/clock.ts';
import { volumeLayout } from '../../src/volume/layout.ts';
import {
  backupView,
  drillView,
  importSource,
  ScriptedBackups,
  soundCheck,
} from '../doubles/scripted-backups.ts';
import { ScriptedOperations } from '../doubles/scripted-operations.ts';

const sales = sessionId('sales');
const never = new AbortController().signal;
const put = { which: 'latest', dryRun: false } as const;
const rehearse = { which: 'latest', dryRun: true } as const;

let root: string;
let daemon: ScriptedBackups;
let logged: object[];
let server: ControlServer | null = null;

async function connect(): Promise<BackupOperations> {
  const line = (fields: object) => void logged.push(fields);
  server ??= await startControlServer({
    operations: new ScriptedOperations().add('sales'),
    backups: daemon,
    path: volumeLayout(root).controlSocket,
    holdsVolumeLock: true,
    clock: systemClock,
    log: { debug() {}, info() {}, warn: line, error: line },
    health: () => ({}),
    ready: () => true,
  });
  return client();
}

async function client(): Promise<BackupOperations> {
  const operations = await connectControl(volumeLayout(root), systemClock);
  if (!operations) throw new Error('Nobody answers.');
  return operations.backups;
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-control-backups-'));
  daemon = new ScriptedBackups();
  daemon.list = [backupView('sales')];
  logged = [];
});

afterEach(async () => {
  await server?.close();
  server = null;
  await rm(root, { recursive: true, force: true });
});

describe('backups over the control socket', () => {
  it('are listed as they are', async () => {
    const broken = { state: 'broken', problem: 'Its archive is gone.', takenAt: null, method: null } as const;
    daemon.list.push(backupView('other', { ...broken, pause: null, browser: null, bytes: 0 }));
    const backups = await connect();
    expect(await backups.backups(null)).toEqual(daemon.list);
    expect(await backups.backups(sales)).toEqual([daemon.list[0]]);
    expect(daemon.calls).toEqual(['backups', 'backups sales']);
  });

  it('hand on why they cannot be listed', async () => {
    daemon.refuse('backups', new VigilError('vault_unavailable', 'The vault does not answer.'));
    await expect((await connect()).backups(null)).rejects.toMatchObject({ code: 'vault_unavailable' });
  });

  it('have their marks cleared', async () => {
    const { id, state } = backupView('sales', { state: 'demoted' });
    daemon.list = [backupView('sales', { state })];
    expect(await (await connect()).clear(sales, id)).toEqual(backupView('sales'));
    await expect((await connect()).clear(sales, '../other')).rejects.toMatchObject({
      code: 'backup_not_found',
    });
    expect(daemon.calls).toEqual([`clear sales ${id}`, 'clear sales ../other']);
  });

  it('tell how far they are, then what came of it', async () => {
    daemon.steps = [
      { step: 'verify', done: null, total: null },
      { step: 'archive', done: 10, total: 100 },
    ];
    daemon.erased = ['/data/whatsapp-sessions/session-sales'];
    daemon.checks.set('sales', { profile: soundCheck, backup: { ...soundCheck, id: 'b-1' } });
    const backups = await connect();
    const steps = daemon.steps.map((progress) => ({ progress }));
    const [backup] = daemon.list;
    expect(await all(backups.backup(sales, never))).toEqual([...steps, { result: backupView('sales') }]);
    expect(await all(backups.restore(sales, put, never))).toEqual([
      ...steps,
      { result: { session: 'sales', backup, dryRun: false, quarantined: daemon.quarantined } },
    ]);
    expect(await all(backups.verify(sales, never))).toEqual([
      ...steps,
      { result: { session: 'sales', ...daemon.checks.get('sales') } },
    ]);
    expect(await all(backups.drill(sales, 'latest', never))).toEqual([
      ...steps,
      { result: drillView(backupView('sales')) },
    ]);
    expect(await all(backups.purge(sales, never))).toEqual([
      ...steps,
      { result: { session: 'sales', erased: daemon.erased } },
    ]);
  });
});

describe('profiles of other programs over the control socket', () => {
  it('are listed as they are, and imported as it was asked', async () => {
    const source = importSource('/old/session-sales', { standing: 'remains' });
    daemon.imports = { sources: [source], passedOver: [{ path: '/old/noweb', why: 'is none' }] };
    const backups = await connect();
    expect(await backups.importable({ path: '/old', session: null })).toEqual(daemon.imports);
    const request = { source: source.source, replace: true, stopped: false, dryRun: false };
    expect((await all(backups.import(sales, request, never))).at(-1)).toMatchObject({
      result: { session: 'sales', standing: 'remains', quarantined: daemon.quarantined },
    });
    expect(daemon.calls).toEqual([
      'importable {"path":"/old","session":null}',
      `import sales ${JSON.stringify(request)}`,
    ]);
  });

  it('say why they cannot be had', async () => {
    await expect((await connect()).importable({ path: '/x', session: sales })).rejects.toMatchObject({
      code: 'import_unusable',
      message: '/x holds no profile of a browser.',
    });
  });
});

describe('what is asked of a backup', () => {
  it.each([
    [{ which: 'latest', dryRun: true } as const],
    [{ which: { id: '20260101T000000Z-3-0123456789ab' }, dryRun: false }],
    [{ which: { at: '2026-01-01T00:00:00.000Z' }, dryRun: true }],
  ])('arrives as it was asked: %j', async (options) => {
    await all((await connect()).restore(sales, options, never));
    await all((await connect()).drill(sales, options.which, never));
    expect(daemon.calls).toEqual([
      `restore sales ${JSON.stringify(options)}`,
      `drill sales ${JSON.stringify(options.which)}`,
    ]);
  });

  it('is refused where the id is none', async () => {
    const hostile = '..%2fetc' as typeof sales;
    await expect(all((await connect()).purge(hostile, never))).rejects.toMatchObject({
      code: 'invalid_session_id',
    });
    expect(daemon.calls).toEqual([]);
  });

  it('hands on the error that the daemon raised, whenever it did', async () => {
    const error = new VigilError('disk_full', 'There is no room.', {
      remedy: 'Free some.',
      details: { free: 1 },
    });
    daemon.refuse('backup', error);
    await expect(all((await connect()).backup(sales, never))).rejects.toMatchObject({
      name: 'VigilError',
      code: 'disk_full',
      message: 'There is no room.',
      remedy: 'Free some.',
      details: { free: 1 },
    });
    expect(logged).toEqual([]);
  });

  it('tells nobody what it stumbled over when it has no name for it, but the log', async () => {
    const fault = new TypeError('cannot read secret of undefined');
    daemon.refuse('verify', fault);
    await expect(all((await connect()).verify(sales, never))).rejects.toMatchObject({
      code: 'internal',
      message: 'The daemon failed to answer this request.',
    });
    expect(logged).toEqual([{ err: fault }]);
  });
});

describe('somebody who goes away', () => {
  const works = [
    ['a verification', 'verify sales', (it, signal) => it.verify(sales, signal)],
    ['a drill', 'drill sales', (it, signal) => it.drill(sales, 'latest', signal)],
    ['a rehearsal', 'restore sales', (it, signal) => it.restore(sales, rehearse, signal)],
    ['a backup', 'backup sales', (it, signal) => it.backup(sales, signal)],
    ['a restore', 'restore sales', (it, signal) => it.restore(sales, put, signal)],
    ['a purge', 'purge sales', (it, signal) => it.purge(sales, signal)],
  ] as const satisfies readonly (readonly [
    string,
    string,
    (backups: BackupOperations, signal: AbortSignal) => Work<unknown>,
  ])[];

  /** Begun, and left after its first step. */
  async function leave(begin: (typeof works)[number][2]): Promise<void> {
    daemon.gate.shut();
    const stop = new AbortController();
    const work = begin(await connect(), stop.signal)[Symbol.asyncIterator]();
    expect(await work.next()).toMatchObject({ value: { progress: {} } });
    const end = work.next();
    stop.abort();
    expect(await end).toEqual({ done: true, value: undefined });
  }

  it.each(works.slice(0, 3))('ends %s in the daemon as well', async (_name, deed, begin) => {
    await leave(begin);
    await expect.poll(() => daemon.ended).toEqual([`${deed}: aborted`]);
  });

  it.each(works.slice(3))('does not end %s that has begun', async (_name, deed, begin) => {
    await leave(begin);
    // The daemon has noticed once it answers the next one.
    await (await client()).backups(null);
    expect(daemon.working).toBe(1);
    daemon.gate.open();
    await expect.poll(() => daemon.ended).toEqual([`${deed}: done`]);
  });

  it.each(works)('asks for nothing where the signal has aborted: %s', async (_name, _deed, begin) => {
    expect(await all(begin(await connect(), AbortSignal.abort()))).toEqual([]);
    expect(daemon.calls).toEqual([]);
  });
});

describe('a daemon that ends', () => {
  it('breaks off what is under way, and nobody takes that for its result', async () => {
    daemon.gate.shut();
    const work = (await connect()).backup(sales, never)[Symbol.asyncIterator]();
    await work.next();
    const end = work.next();
    end.catch(() => {});
    await server?.close();
    server = null;
    await expect(end).rejects.toMatchObject({
      code: 'daemon_unavailable',
      message: 'The daemon ended before it said what came of the backup of session "sales".',
    });
    expect(daemon.ended).toEqual(['backup sales: aborted']);
  });

  it('without a word is told from one that ends in order', async () => {
    const { controlSocket, ours } = volumeLayout(root);
    await mkdir(ours);
    const line = `${JSON.stringify({ progress: daemon.steps[0] })}\n`;
    const dying = createServer((socket) => {
      socket.once('data', (asked) => {
        if (asked.includes('/health')) {
          const body = '{"success":true,"data":{}}';
          socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
          return;
        }
        const chunk = `${Buffer.byteLength(line).toString(16)}\r\n${line}\r\n`;
        socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`, () => socket.destroy());
      });
    });
    await new Promise<void>((resolve) => dying.listen(controlSocket, resolve));
    await expect(all((await client()).backup(sales, never))).rejects.toMatchObject({
      code: 'daemon_unavailable',
    });
    await new Promise((resolve) => dying.close(resolve));
  });
});

async function all(work: Work<unknown>): Promise<Step<unknown>[]> {
  const steps: Step<unknown>[] = [];
  for await (const step of work) steps.push(step);
  return steps;
}
