/** The settings of backups that happen by themselves. */
import { type CronTimes, parseCron } from '../system/cron.ts';
import { duration, integer, onOff, orOff } from './parsers.ts';
import { optional, type Parser, setting } from './setting.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export const cron: Parser<CronTimes> = {
  expected:
    'a cron expression of five fields with one minute, such as "0 2 * * *" (daily at 02:00) or "30 4 * * sun"',
  parse: (text) => {
    const value = parseCron(text);
    return value === null ? { ok: false } : { ok: true, value };
  },
  format: ({ text }) => text,
};

/** Only the scheme is checked: the rest is the business of whoever answers there. */
const webAddress: Parser<string> = {
  expected: 'an address that begins with http:// or https://',
  parse: (text) => {
    if (!URL.canParse(text) || /\s/.test(text)) return { ok: false };
    const { protocol, hostname } = new URL(text);
    if (!['http:', 'https:'].includes(protocol) || hostname === '') return { ok: false };
    return { ok: true, value: text };
  },
  format: (value) => value,
};

export const scheduleSettings = {
  backupAt: setting({
    env: 'VIGIL_BACKUP_AT',
    parser: orOff(cron),
    default: '0 2 * * *',
    section: 'backup',
    description:
      'When every session is backed up, as a cron expression in the time zone of `TZ`. Each session that is online, and each that was stopped since its last backup, is backed up within `VIGIL_BACKUP_SPREAD` after it. What a daemon that was down has missed is made up for after its start. A time that daylight saving skips comes right after the gap; one that is doubled comes once.',
  }),
  backupSpread: setting({
    env: 'VIGIL_BACKUP_SPREAD',
    parser: duration({ min: 0, max: 12 * hour }),
    default: '1h',
    section: 'backup',
    description:
      'Time over which the sessions of one night are spread. Each has its own moment in it, every night another.',
  }),
  backupEvery: setting({
    env: 'VIGIL_BACKUP_EVERY',
    parser: orOff(duration({ min: 15 * minute, max: 30 * day })),
    default: 'off',
    section: 'backup',
    description: 'Backs a session up as soon as its newest backup is this old, beside `VIGIL_BACKUP_AT`.',
  }),
  backupConcurrency: setting({
    env: 'VIGIL_BACKUP_CONCURRENCY',
    parser: integer({ min: 1, max: 32 }),
    default: '2',
    section: 'backup',
    description:
      'How many sessions are backed up at the same time by schedule. First backups, and those that a person asks for, come beside them.',
  }),
  backupMaxAge: setting({
    env: 'VIGIL_BACKUP_MAX_AGE',
    parser: orOff(duration({ min: hour, max: 365 * day })),
    default: '2d',
    section: 'backup',
    description:
      'How old the newest good backup of a session that is wanted online may become before `vigil sessions` and `vigil doctor` say so (`backup_overdue`). Longer than the time between two backups.',
  }),
  drillEvery: setting({
    env: 'VIGIL_DRILL_EVERY',
    parser: orOff(duration({ min: hour, max: 365 * day })),
    default: '7d',
    section: 'backup',
    description:
      'How often the newest good backup of each session is drilled: fetched, unpacked beside the profiles, verified, and opened in a browser without a network that must find the login. One at a time, beside whatever the sessions do.',
  }),
  pingUrl: optional({
    env: 'VIGIL_PING_URL',
    parser: webAddress,
    secret: true,
    absent: null,
    section: 'backup',
    description:
      "Address that is fetched (GET) after each good run of `VIGIL_BACKUP_AT`: once every session that was due has its backup. A run that fails fetches nothing, so that a dead man's check there raises the alarm, also when the whole machine is gone.",
  }),
  backupOnDrain: setting({
    env: 'VIGIL_BACKUP_ON_DRAIN',
    parser: onOff,
    default: 'on',
    section: 'backup',
    description:
      'Whether a daemon that ends backs up the sessions whose newest backup is older than an hour, once every browser is closed, with what is left of `VIGIL_DRAIN`; oldest first.',
  }),
} as const;
