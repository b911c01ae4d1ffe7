import { expect, test } from 'vitest';
import { socketVerdict } from './socket-verdict.ts';

test.for([
  ['CONNECTED', true, { kind: 'alive' }],
  ['OPENING', true, { kind: 'alive' }],
  ['PAIRING', false, { kind: 'alive' }],
  ['TIMEOUT', true, { kind: 'alive' }],
  ['UNPAIRED', false, { kind: 'alive' }],
  ['UNPAIRED_IDLE', false, { kind: 'alive' }],
  ['UNPAIRED', true, { kind: 'unpaired' }],
  ['UNPAIRED_IDLE', true, { kind: 'unpaired' }],
  ['CONFLICT', true, { kind: 'gone', cause: 'conflict' }],
  ['CONFLICT', false, { kind: 'gone', cause: 'conflict' }],
  ['DEPRECATED_VERSION', false, { kind: 'gone', cause: 'version_too_old' }],
  ['PROXYBLOCK', false, { kind: 'gone', cause: 'proxy_blocked' }],
  ['TOS_BLOCK', true, { kind: 'gone', cause: 'banned' }],
  ['SMB_TOS_BLOCK', true, { kind: 'gone', cause: 'banned' }],
  ['SOMETHING_NEW', true, { kind: 'unknown' }],
] as const)('%s, linked %s', ([state, linked, verdict]) => {
  expect(socketVerdict(state, linked)).toEqual(verdict);
});
