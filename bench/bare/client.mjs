/**
 * What the daemon is measured against: whatsapp-web.js on saved profiles with nothing around it, as its
 * documentation shows. Plain JavaScript, so that it does not even pay for the removal of types.
 *
 * Argument: JSON of { ids, dataPath, executable, args, pause }. With `pause` (milliseconds) one client after the
 * other is started and waited for; without, all at once. One line of JSON for each `ready`; SIGTERM ends it.
 */
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const { Client, LocalAuth } = createRequire(import.meta.url)('whatsapp-web.js');
const { ids, dataPath, executable, args, pause } = JSON.parse(process.argv[2]);

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const clients = [];

// The library rejects where nobody listens, while it is closed.
process.on('unhandledRejection', (reason) => say({ event: 'stray', reason: String(reason) }));

function start(id) {
  const client = new Client({
    authStrategy: new LocalAuth({ clientId: id, dataPath }),
    puppeteer: {
      headless: true,
      executablePath: executable,
      args,
      pipe: true,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    },
    webVersionCache: { type: 'none' },
  });
  clients.push(client);
  const ready = new Promise((resolve) => client.once('ready', resolve));
  client.on('qr', () => say({ event: 'qr', id }));
  client.initialize().then(
    () => tellIfMissed(client, id, ready),
    (error) => say({ event: 'failed', id, reason: String(error) }),
  );
  return ready.then(() => say({ event: 'ready', id }));
}

/** A synchronisation that ended before the library listened is told to it, so that `ready` comes at all. */
async function tellIfMissed(client, id, ready) {
  let come = false;
  void ready.then(() => {
    come = true;
  });
  for (let seen = 0; !come; await sleep(100)) {
    const synced = await client.pupPage
      .evaluate(() => window.require('WAWebSocketModel').Socket.hasSynced === true)
      .catch(() => false);
    seen = synced ? seen + 1 : 0;
    // It may be working on it: given a while, then told once.
    if (seen !== 5) continue;
    say({ event: 'missed', id });
    await client.pupPage.evaluate(() => void window.onAppStateHasSyncedEvent()).catch(() => {});
  }
}

process.once('SIGTERM', async () => {
  await Promise.allSettled(clients.map((client) => client.destroy()));
  process.exit();
});

if (pause === undefined) {
  for (const id of ids) void start(id);
} else {
  for (const id of ids) {
    await start(id);
    await sleep(pause);
  }
  say({ event: 'all' });
}
