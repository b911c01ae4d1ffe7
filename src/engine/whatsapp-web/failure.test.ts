import { expect, test } from 'vitest';
import { DeadlineExceeded } from '../../system/deadline.ts';
import { EngineFailure, type GoneCause } from '../engine.ts';
import { type FailureContext, type Phase, toEngineFailure } from './failure.ts';

const context = (phase: Phase, rest: Partial<FailureContext> = {}): FailureContext => ({
  phase,
  stderr: [],
  exitCode: null,
  ...rest,
});

const running =
  'The browser is already running for /v/session-a. Use a different `userDataDir` or stop the running browser first.';
const elsewhere =
  '[1:2:ERROR] The profile appears to be in use by another Chromium process (4242) on another computer (otherhost).';

const cases: [thrown: unknown, context: FailureContext, why: GoneCause][] = [
  ['auth timeout', context('boot'), 'boot_failed'],
  ['ready timeout', context('running'), 'boot_failed'],
  [
    new Error('net::ERR_NAME_NOT_RESOLVED at https://web.whatsapp.com/'),
    context('navigation'),
    'unreachable',
  ],
  [
    new Error('net::ERR_CONNECTION_REFUSED at https://web.whatsapp.com/'),
    context('navigation'),
    'unreachable',
  ],
  [new Error("Couldn't load version 2.3000 from the archive"), context('navigation'), 'unreachable'],
  [new DeadlineExceeded('Launching the browser', 1), context('browser'), 'launch_failed'],
  [new DeadlineExceeded('Loading WhatsApp Web', 1), context('navigation'), 'unreachable'],
  [new DeadlineExceeded('WhatsApp Web', 1), context('boot'), 'boot_failed'],
  [new Error(running), context('browser'), 'profile_in_use'],
  [
    new Error(`Failed to launch the browser process:  Code: 21\n${elsewhere}`),
    context('browser'),
    'profile_in_use',
  ],
  [new Error('Target closed'), context('browser', { exitCode: 21 }), 'profile_in_use'],
  [new Error('Target closed'), context('browser', { stderr: [elsewhere] }), 'profile_in_use'],
  [new Error('Target closed'), context('browser', { exitCode: 1 }), 'launch_failed'],
  [new Error('Protocol error (Target.getTargetInfo): Target closed'), context('boot'), 'browser_crash'],
  [
    new Error('Protocol error: Connection closed. Most likely the page has been closed.'),
    context('boot'),
    'browser_crash',
  ],
  [
    new Error('Browser was not found at the configured executablePath (/x)'),
    context('browser'),
    'launch_failed',
  ],
  [new Error('spawn /x EACCES'), context('browser'), 'launch_failed'],
  [new Error('Page crashed!'), context('boot'), 'renderer_crash'],
  [
    new Error('Execution context was destroyed, most likely because of a navigation.'),
    context('boot'),
    'boot_failed',
  ],
  [
    new Error('Runtime.callFunctionOn timed out. Increase the protocolTimeout setting'),
    context('boot'),
    'boot_failed',
  ],
  [new TypeError('x is not a function'), context('boot'), 'engine_error'],
  [new TypeError('x is not a function'), context('browser'), 'launch_failed'],
];

test.for(cases)('%s, %o: %s', ([thrown, where, why]) => {
  expect(toEngineFailure(thrown, where)).toMatchObject({ why, name: 'EngineFailure' });
});

test('what already is an engine failure stays what it is', () => {
  const failure = new EngineFailure('conflict', 'taken over');
  expect(toEngineFailure(failure, context('boot'))).toBe(failure);
});

test('a browser that does not come up is named with its exit code and its last words', () => {
  const stderr = ['error while loading shared libraries: libnss3.so: cannot open shared object file'];
  const { message } = toEngineFailure(
    new Error('Target closed\nat x'),
    context('browser', { stderr, exitCode: 127 }),
  );
  expect(message).toBe(`Target closed | exit code 127 | ${stderr[0]}`);
});
