/**
 * The bare side: the example of whatsapp-web.js's README for three numbers, each with LocalAuth as its guide shows it.
 * Beyond that it is told which browser to use and, as no page comes from the internet here, to keep no copy of one.
 */
import { createRequire } from 'node:module';

const { Client, LocalAuth } = createRequire(import.meta.url)('whatsapp-web.js');
const puppeteer = JSON.parse(process.env.DEMO_PUPPETEER);

for (const clientId of ['one', 'two', 'three']) {
  const client = new Client({
    authStrategy: new LocalAuth({ clientId }),
    puppeteer,
    webVersionCache: { type: 'none' },
  });

  client.on('qr', (qr) => {
    console.log('QR RECEIVED', clientId, qr);
  });

  client.on('ready', () => {
    console.log('READY', clientId);
  });

  client.on('message', (msg) => {
    if (msg.body === '!ping') {
      msg.reply('pong');
    }
  });

  client.initialize();
}
