import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import { healthy, ScriptedHosts } from '../../test/doubles/scripted-hosts.ts';
import { VigilError } from '../errors.ts';
import { createLogger } from '../log.ts';
import type { Incident } from './history.ts';
import { sessionId } from './id.ts';
import { defaultPolicy } from './policy.ts';
import { newRecord, type SessionRecord } from './record.ts';
import { Session, type SessionPorts } from './session.ts';
import type { SessionNotice } from './session-view.ts';

const account = { phone: '4915100000000', name: 'Shop', platform: 'android' };

/** A session over scripted hosts, a profile that is whatever the test says, and records kept in an array. */
const evidence = { loginKeys: ['last-wid-md'], databases: [] };

function scene(start: Partial<SessionRecord> = {}, change: Partial<SessionPorts> = {}) {
  const clock = new FakeClock();
  const hosts = new ScriptedHosts();
  const written: SessionRecord[] = [];
  const lines: string[] = [];
  const incidents = new Map<string, Incident>();
  const profile = {
    exists: false,
    prepared: 0,
    quarantined: [] as string[],
    refuse: null as VigilError | null,
    quarantineRefusal: null as VigilError | null,
  };
  const ports: SessionPorts = {
    clock,
    random: () => 0.5,
    policy: defaultPolicy,
    intervals: { heartbeat: 120_000, watchdog: 60_000, activity: 30_000, deadline: 15_000, presence: true },
    log: createLogger({ level: 'trace', clock, write: (line) => lines.push(line) }),
    ownership: {
      claim: async () => ({ epoch: 1, signal: new AbortController().signal, release: () => {} }),
    },
    admission: { enter: async () => () => {} },
    profiles: {
      prepare: async (_id, { forfeited }) => {
        if (profile.refuse) throw profile.refuse;
        profile.prepared++;
        if (forfeited) {
          profile.quarantined.push('before a start');
          profile.exists = false;
        }
        return profile.exists ? { profile: 'sound', evidence } : { profile: 'fresh' };
      },
      quarantine: async (_id, reason) => {
        if (profile.quarantineRefusal) throw profile.quarantineRefusal;
        profile.quarantined.push(reason);
        profile.exists = false;
        return '/quarantine';
      },
      reap: async () => true,
      copy: async () => ({
        method: 'closed',
        pause: null,
        versions: { library: null, browser: null, web: null },
      }),
    },
    backups: {
      take: async () => ({
        mark: { id: 'b1', at: '2026-01-01T00:00:00.000Z' },
        evidence,
        demoted: null,
        warnings: [],
      }),
      restore: async () => null,
      markRejected: async () => {},
    },
    hosts,
    records: { write: async (record) => void written.push(record) },
    history: {
      record: () => {},
      transition: () => {},
      incident: (incident) => void incidents.set(incident.id, incident),
    },
    bot: null,
    requireBot: async () => {},
    specFor: async ({ id }) => ({
      session: id,
      sessionsRoot: '/sessions',
      profile: 'session-main',
      executable: '/chromium',
      args: [],
      library: null,
      webVersion: null,
      webVersionsRoot: '/versions',
      deviceName: null,
      bot: null,
      botVariables: [],
      deadlines: { browser: 1, navigation: 1, boot: 1, bot: 1, protocol: 1, close: 1 },
    }),
    ...change,
  };
  const session = new Session({ ...newRecord(sessionId('main'), clock.now()), ...start }, ports);
  const notices: SessionNotice[] = [];
  session.onNotice((notice) => notices.push(notice));
  const events = () => notices.filter((notice) => notice.event !== 'status').map((notice) => notice.event);
  return { clock, hosts, written, lines, incidents, profile, session, notices, events };
}

async function broughtOnline(record: Partial<SessionRecord> = {}) {
  const it = scene({ login: 'settled', ...record });
  it.profile.exists = true;
  await it.session.tell({ type: 'start' });
  await settle();
  it.hosts.last.say({ type: 'ready', account, webVersion: null });
  await settle();
  return it;
}

describe('a session', () => {
  it('comes online from a profile that holds a login', async () => {
    const { session, events } = await broughtOnline();
    expect(session.view).toMatchObject({ status: 'ready', phone: account.phone, reason: null });
    expect(events()).toEqual(['ready']);
  });

  it('has every decision on the disk before it acts on it', async () => {
    const { hosts, written, session } = scene();
    await session.tell({ type: 'start' });
    await settle();
    hosts.last.say({ type: 'qr', qr: 'secret' });
    await settle();
    hosts.last.say({ type: 'authenticated' });
    await settle();
    expect(written.at(-1)).toMatchObject({ login: 'unsettled', wanted: 'online' });
  });

  it('shows a QR while it pairs, and forgets it afterwards', async () => {
    const { hosts, session, notices } = scene();
    await session.tell({ type: 'start' });
    await settle();
    hosts.last.say({ type: 'qr', qr: 'first' });
    await settle();
    expect(session.pairing?.qr).toBe('first');
    hosts.last.say({ type: 'qr', qr: 'second' });
    await settle();
    expect(session.pairing?.qr).toBe('second');
    expect(notices.filter((notice) => notice.event === 'qr')).toHaveLength(2);
    hosts.last.say({ type: 'authenticated' });
    await settle();
    expect(session.pairing).toBeNull();
  });

  it('never shows a QR where a settled login was expected', async () => {
    const { hosts, session, profile, events } = scene({ login: 'settled' });
    profile.exists = true;
    await session.tell({ type: 'start' });
    await settle();
    hosts.last.say({ type: 'qr', qr: 'unwanted' });
    await settle();
    expect(events()).toEqual([]);
    expect(session.view).toMatchObject({ status: 'failed', reason: 'logged_out' });
    expect(hosts.last.closed).toBe(true);
    expect(profile.quarantined).toEqual([]);
  });

  it('asks for a pairing code when a phone was given, once a QR is offered', async () => {
    const { hosts, session } = scene();
    session.requestPairingCode('4915100000000');
    await session.tell({ type: 'pair' });
    await settle();
    hosts.last.say({ type: 'qr', qr: 'first' });
    await settle();
    expect(session.pairing).toMatchObject({ qr: 'first', code: null, codeRequest: 'waiting' });
    hosts.last.say({ type: 'code', code: 'ABCDEFGH' });
    await settle();
    expect(hosts.last.codesFor).toEqual(['4915100000000']);
    expect(session.pairing).toMatchObject({ qr: 'first', code: 'ABCDEFGH', codeRequest: null });
  });

  it('says that no code is to be had, and asks anew for another number', async () => {
    const { hosts, session } = scene();
    await session.tell({ type: 'pair' });
    await settle();
    hosts.last.say({ type: 'qr', qr: 'first' });
    await settle();
    expect(session.pairing?.codeRequest).toBeNull();
    hosts.last.codeError = new Error('no such number');
    session.requestPairingCode('4915100000000');
    await settle();
    expect(session.pairing).toMatchObject({ qr: 'first', code: null, codeRequest: 'refused' });
    hosts.last.codeError = null;
    session.requestPairingCode('4915100000001');
    hosts.last.say({ type: 'code', code: 'ABCDEFGH' });
    await settle();
    expect(session.pairing).toMatchObject({ code: 'ABCDEFGH', codeRequest: null });
    session.requestPairingCode('4915100000002');
    await settle();
    // The code of another number is not shown beside a number that it is not for.
    expect(session.pairing).toMatchObject({ qr: 'first', code: null, codeRequest: 'waiting' });
  });

  it('seals a new login: a clean close and a start before it counts', async () => {
    const { hosts, session, clock, events } = scene();
    await session.tell({ type: 'start' });
    await settle();
    hosts.last.say({ type: 'qr', qr: 'first' });
    hosts.last.say({ type: 'authenticated' });
    hosts.last.say({ type: 'ready', account, webVersion: null });
    await settle();
    expect(session.view.status).toBe('authenticating');
    await clock.advance(10_000);
    expect(hosts.launched).toHaveLength(2);
    expect(hosts.launched[0]?.closed).toBe(true);
    expect(events()).toEqual(['qr', 'authenticated']);
    hosts.last.say({ type: 'ready', account, webVersion: null });
    await settle();
    expect(session.record.login).toBe('settled');
    expect(events()).toEqual(['qr', 'authenticated', 'ready']);
  });

  it('is restarted at once when its host dies, and never runs two', async () => {
    const { hosts, session, incidents } = await broughtOnline();
    hosts.last.die();
    await settle();
    expect(hosts.launched).toHaveLength(2);
    expect(session.view).toMatchObject({ status: 'recovering', reason: 'host_exit', restarts: 1 });
    hosts.last.say({ type: 'ready', account, webVersion: null });
    await settle();
    expect(session.view.status).toBe('ready');
    expect(hosts.mostAtOnce).toBe(1);
    expect([...incidents.values()]).toMatchObject([{ cause: 'host_exit', outcome: 'recovered' }]);
  });

  it('ignores what an abandoned host still says', async () => {
    const { hosts, session } = await broughtOnline();
    const first = hosts.last;
    first.say({ type: 'gone', cause: 'browser_crash', detail: '' });
    await settle();
    first.say({ type: 'logged_out' });
    first.say({ type: 'qr', qr: 'late' });
    await settle();
    expect(session.state.name).toBe('launching');
    expect(session.record.failure).toBeNull();
  });

  it('starts nothing before the old browser is gone', async () => {
    const { hosts, session } = await broughtOnline();
    let open = () => {};
    hosts.last.closeGate = new Promise((resolve) => (open = resolve));
    hosts.last.say({ type: 'gone', cause: 'renderer_crash', detail: '' });
    await settle();
    await session.tell({ type: 'restart' });
    await settle();
    expect(hosts.launched).toHaveLength(1);
    open();
    await settle();
    expect(hosts.launched).toHaveLength(2);
  });

  it('restarts a page that does not answer its watchdog', async () => {
    const { hosts, session, clock } = await broughtOnline();
    hosts.last.answer = { ...healthy, page: 'silent', detail: 'no answer' };
    await clock.advance(60_000);
    expect(session.view).toMatchObject({ status: 'recovering', reason: 'hang' });
    expect(hosts.launched).toHaveLength(2);
  });

  it('asks a suspect often, and is online again when it answers', async () => {
    const { hosts, session, clock } = await broughtOnline();
    hosts.last.say({ type: 'socket', state: 'down' });
    hosts.last.answer = { ...healthy, socket: 'down' };
    await clock.advance(6_000);
    expect(session.view.status).toBe('recovering');
    hosts.last.answer = healthy;
    await clock.advance(6_000);
    expect(session.view.status).toBe('ready');
    expect(hosts.launched).toHaveLength(1);
  });

  it('lets no probe overlap another', async () => {
    const { hosts, clock } = await broughtOnline();
    let answer = (_: typeof healthy) => {};
    hosts.last.answer = new Promise((resolve) => (answer = resolve));
    await clock.advance(10 * 60_000);
    expect(hosts.last.probes).toHaveLength(1);
    answer(healthy);
    await settle();
    expect(hosts.last.probes.length).toBeGreaterThan(1);
  });

  it('looks again by itself when a stranger uses the profile', async () => {
    const { hosts, session, profile, clock } = scene();
    profile.refuse = new VigilError('profile_in_use', 'Chromium 4242 runs on the profile.');
    await session.tell({ type: 'start' });
    await settle();
    expect(session.view).toMatchObject({ status: 'disconnected', reason: 'profile_in_use' });
    profile.refuse = null;
    await clock.advance(30_000);
    expect(hosts.launched).toHaveLength(1);
  });

  it('moves the profile of an unlinked device to quarantine once its browser is gone', async () => {
    const { hosts, session, profile } = await broughtOnline();
    hosts.last.say({ type: 'logged_out' });
    await settle();
    expect(session.view).toMatchObject({ status: 'failed', reason: 'logged_out' });
    expect(profile.quarantined).toEqual(['logged_out']);
    expect(session.record.forfeited).toBe(false);
    expect(session.view.remedy).toContain('vigil pair main');
  });

  it('tells in an incident that a profile could not be moved away, and keeps it', async () => {
    const refuse = new VigilError('disk_full', 'Less free space than the browsers need.');
    const { hosts, session, incidents, profile } = await broughtOnline();
    profile.quarantineRefusal = refuse;
    hosts.last.say({ type: 'logged_out' });
    await settle();
    expect(session.record.forfeited).toBe(true);
    expect([...incidents.values()].at(-1)?.steps.join()).toContain('Less free space');
  });

  it('pairs anew in a fresh profile when the old one could not be moved away before', async () => {
    const { session, profile, hosts } = scene({ failure: 'logged_out', forfeited: true, login: 'none' });
    profile.exists = true;
    await session.tell({ type: 'pair' });
    await settle();
    expect(profile.quarantined).toEqual(['before a start']);
    expect(hosts.launched).toHaveLength(1);
  });

  it('starts nothing in the place of a forfeited profile before that is on the disk', async () => {
    let fail = false;
    const { session, hosts, profile, clock } = scene(
      { failure: 'logged_out', forfeited: true, login: 'none' },
      {
        records: {
          write: async ({ forfeited }) => {
            if (fail && !forfeited) throw new VigilError('disk_full', 'no space left');
          },
        },
      },
    );
    profile.exists = true;
    fail = true;
    await session.tell({ type: 'pair' });
    await settle();
    expect(hosts.launched).toHaveLength(0);
    expect(session.view).toMatchObject({ status: 'disconnected', reason: 'profile_unready' });
    // Nor at the next try, as long as the disk says otherwise.
    await clock.advance(120_000);
    expect(hosts.launched).toHaveLength(0);
    fail = false;
    await clock.advance(30_000);
    expect(hosts.launched).toHaveLength(1);
  });

  it('stays failed at boot: a terminal state never heals by itself', () => {
    const { session, hosts } = scene({ failure: 'logged_out' });
    expect(session.view).toMatchObject({ status: 'failed', reason: 'logged_out' });
    expect(hosts.launched).toHaveLength(0);
  });

  it('reports a logout that WhatsApp did not confirm, and stays online', async () => {
    const { hosts, session } = await broughtOnline();
    hosts.last.unlinkError = new Error('no answer');
    await expect(session.unlink()).rejects.toThrow('no answer');
    expect(session.view.status).toBe('ready');
  });

  it('goes on when its record cannot be written, and writes it as soon as it can', async () => {
    let full = true;
    const written: SessionRecord[] = [];
    const { session, hosts, profile } = scene(
      { login: 'settled' },
      {
        records: {
          write: async (record) => {
            if (full) throw new VigilError('disk_full', 'no space left');
            written.push(record);
          },
        },
      },
    );
    profile.exists = true;
    await session.tell({ type: 'start' });
    await settle();
    hosts.last.say({ type: 'ready', account, webVersion: null });
    await settle();
    expect(session.view.status).toBe('ready');
    full = false;
    await session.tell({ type: 'stop' });
    await settle();
    expect(written.at(-1)).toMatchObject({ wanted: 'stopped', phone: account.phone });
  });

  it('ends a stop although a preparation hangs and heeds no signal', async () => {
    const { session, clock, hosts } = scene(
      {},
      {
        profiles: {
          prepare: () => new Promise(() => {}),
          quarantine: async () => null,
          reap: async () => true,
          copy: () => new Promise(() => {}),
        },
      },
    );
    await session.tell({ type: 'start' });
    await settle();
    await session.tell({ type: 'stop' });
    await clock.advance(16_000);
    expect(session.view.status).toBe('stopped');
    expect(hosts.launched).toHaveLength(0);
  });

  it('ends a stop although a host never closes', async () => {
    const { session, clock, hosts } = await broughtOnline();
    hosts.last.closeGate = new Promise(() => {});
    await session.tell({ type: 'stop' });
    await clock.advance(60_000);
    expect(session.view.status).toBe('stopped');
  });

  it('refuses a logout that comes when it is no longer online, instead of leaving it unanswered', async () => {
    const { session, hosts } = await broughtOnline();
    hosts.last.say({ type: 'socket', state: 'down' });
    await settle();
    await expect(session.unlink()).rejects.toMatchObject({ code: 'session_refused' });
  });

  it('goes on when somebody who listens fails', async () => {
    const { session, hosts } = await broughtOnline();
    session.onNotice(() => {
      throw new Error('not mine');
    });
    hosts.last.die();
    await settle();
    expect(hosts.launched).toHaveLength(2);
    await session.tell({ type: 'stop' });
    await settle();
    expect(session.view.status).toBe('stopped');
  });

  it('tries by itself to write a record that could not be written', async () => {
    let full = true;
    const written: SessionRecord[] = [];
    const write = async (record: SessionRecord) => {
      if (full) throw new VigilError('disk_full', 'no space left');
      written.push(record);
    };
    const { session, clock } = scene({}, { records: { write } });
    await session.tell({ type: 'stop' });
    expect(session.unwritten).toMatchObject({ code: 'disk_full' });
    full = false;
    await clock.advance(10_000);
    expect(session.unwritten).toBeNull();
    expect(written.at(-1)).toMatchObject({ wanted: 'stopped' });
  });

  it('goes on with an incident that an earlier daemon left open, and closes it', async () => {
    const { session, incidents } = await broughtOnline();
    session.resume({
      id: 'earlier',
      session: session.id,
      openedAt: '2025-12-31T00:00:00.000Z',
      closedAt: null,
      cause: 'browser_crash',
      steps: [],
      outcome: null,
      remedy: null,
    });
    expect(incidents.get('earlier')).toMatchObject({ outcome: 'recovered' });
  });

  it('writes neither QR nor code nor phone number to the log', async () => {
    const { hosts, session, lines } = scene();
    await session.tell({ type: 'start' });
    await settle();
    hosts.last.say({ type: 'qr', qr: '2@canaryqr,canarykey,canarysecret' });
    hosts.last.say({ type: 'code', code: 'CANARYCD' });
    hosts.last.say({ type: 'output', line: 'message from 4915123456789@c.us' });
    hosts.last.say({ type: 'ready', account, webVersion: null });
    await settle();
    expect(lines.join('')).not.toMatch(/canary|49151/i);
    expect(lines.length).toBeGreaterThan(3);
  });
});
