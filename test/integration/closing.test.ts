import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { closeServer } from '../../src/http/close-server.ts';
import { buildServer } from '../../src/http/server.ts';
import { systemClock } from '../../src/system/clock.ts';
import { ScriptedBackups } from '../doubles/scripted-backups.ts';
import { ScriptedOperations } from '../doubles/scripted-operations.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

test.for([
  ['says nothing', ''],
  ['never ends its request', 'GET /health HTTP/1.1\r\n'],
])('a server ends although somebody who %s holds a connection open', async ([, said]) => {
  const app = await buildServer({
    operations: new ScriptedOperations(),
    backups: new ScriptedBackups(),
    access: { kind: 'open-loopback' },
    clock: systemClock,
    log: silent,
    health: () => ({}),
    ready: () => true,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const accepted = new Promise((resolve) => app.server.once('connection', resolve));
  const socket = connect(address.port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await accepted;
  socket.write(said ?? '');
  const cutOff = new Promise((resolve) => socket.once('close', resolve));
  await closeServer(app, systemClock);
  await cutOff;
  expect(app.server.listening).toBe(false);
});
