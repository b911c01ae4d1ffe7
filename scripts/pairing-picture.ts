/**
 * Makes docs/pairing.png: what a phone shows that links itself, from the daemon as it was built last, against the
 * simulator of WhatsApp Web. No QR, code or number in it is of anybody.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { Phone } from '../test/e2e/phone.ts';
import { Rig } from '../test/e2e/rig.ts';
import { startWhatsApp } from '../test/e2e/whatsapp.ts';

const target = join(import.meta.dirname, '../docs/pairing.png');
const key = 'correct-horse-battery-staple';
const gap = 24;

await using rig = new Rig(await startWhatsApp());
const volume = await rig.volume();
const daemon = await rig.serve(volume, { VIGIL_SESSIONS: 'bakery', VIGIL_API_KEY: key });
const screens: Buffer[] = [];
{
  await using phone = await Phone.inHand(join(volume.scratch, 'phone'));
  const look = async () => void screens.push(await phone.screenshot());
  await phone.page.goto(await daemon.url('/sessions/bakery'));
  await phone.type('API key', key);
  await phone.tap('Log in');
  await phone.sees('this page follows by itself');
  await look();
  await phone.type('Phone number, with country code', '+1 555 000 0001');
  await phone.tap('Get a code');
  await phone.sees('Type this code into WhatsApp');
  await look();
  const code = /[A-Z0-9]{4}-[A-Z0-9]{4}/.exec(await phone.text())?.[0] ?? '';
  await rig.whatsapp.control.enterCode({ code, pushname: 'Corner Bakery' });
  await phone.sees('Last backup', 60_000);
  await look();
}
const picture = besideEachOther(screens.map((screen) => PNG.sync.read(screen)));
await writeFile(target, PNG.sync.write(picture, { colorType: 2, deflateLevel: 9 }));
console.error(`${target} written, ${picture.width} × ${picture.height}.`);

/** At half of what the screens show, with a gap between them. */
function besideEachOther(screens: readonly PNG[]): PNG {
  const width = screens.reduce((sum, screen) => sum + screen.width / 2 + gap, gap);
  const height = Math.max(...screens.map((screen) => screen.height / 2)) + 2 * gap;
  const sheet = new PNG({ width, height });
  sheet.data.fill(0xff);
  let left = gap;
  for (const screen of screens) {
    for (let y = 0; y < screen.height / 2; y++)
      for (let x = 0; x < screen.width / 2; x++)
        for (let colour = 0; colour < 3; colour++)
          sheet.data[((y + gap) * width + x + left) * 4 + colour] = mean(screen, 2 * x, 2 * y, colour);
    left += screen.width / 2 + gap;
  }
  return sheet;
}

function mean({ data, width }: PNG, x: number, y: number, colour: number): number {
  const at = (dx: number, dy: number) => data[((y + dy) * width + x + dx) * 4 + colour] ?? 0;
  const fine = (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4;
  // Nobody sees the difference, and it takes half the bytes.
  return Math.min(0xff, Math.round(fine / 16) * 16);
}
