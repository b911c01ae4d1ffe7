/** What the documents tell people to type is typed, as it stands there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { findChromium } from '../simulator/test-browser.ts';
import {
  allBlocks,
  type Block,
  callsOfVigil,
  commandsInSentences,
  manuals,
  readManual,
  reasonNotToRun,
  usualScene,
} from '../support/document-commands.ts';
import { type OldBot, scenes, type } from './document-scenes.ts';
import { pairedOnline } from './paired-volume.ts';
import { rig } from './test-rig.ts';
import { Volume } from './volume.ts';
import { type LinkedDevice, startWhatsApp } from './whatsapp.ts';

const template = inject('pairedTemplate');
const bareClient = fileURLToPath(new URL('../../bench/bare/client.mjs', import.meta.url));

let scratch: string;
let bot: OldBot;
let botDevice: LinkedDevice;

/** A bot as whatsapp-web.js's own documentation has it, linked and ended in order. */
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'vigil-e2e-bot-'));
  await using whatsapp = await startWhatsApp({ autoScanMs: 0 });
  const { executablePath, env } = await findChromium();
  const args = [...whatsapp.chromiumArgs, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
  const asked = { ids: ['sales'], dataPath: scratch, executable: executablePath, args };
  const child = spawn(process.execPath, [bareClient, JSON.stringify(asked)], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = (async () => {
    let all = '';
    for await (const part of child.stdout.setEncoding('utf8')) {
      all += part;
      if (all.includes('"event":"ready"')) child.kill('SIGTERM');
    }
    return all;
  })();
  await once(child, 'close');
  expect(await said).toContain('"event":"ready"');
  const [device] = whatsapp.linked();
  if (!device) throw new Error('the bot was not linked');
  bot = { profile: join(scratch, 'session-sales') };
  botDevice = device;
});

afterAll(() => rm(scratch, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));

for (const command of allBlocks().flatMap(({ commands }) => commands)) {
  const why = reasonNotToRun(command);
  if (why !== null) console.info(`not typed, only its form is checked: ${command} (${why})`);
}

const runnable = allBlocks().filter(({ commands }) => commands.some((one) => reasonNotToRun(one) === null));

describe('blocks', () => {
  it.each(runnable)('$document, line $line: as it stands', async (block: Block) => {
    const usual = block.scene === usualScene;
    const scene = usual ? null : scenes[block.scene];
    if (scene === undefined) throw new Error(`there is no scene "${block.scene}"`);
    const inCheckout = usual || scene?.checkout === true;
    const world = await rig({}, [inCheckout ? template.device : botDevice]);
    const volume = world.adopt(await Volume.empty({ name: 'data', create: false }));
    if (inCheckout) await cp(template.root, volume.root, { recursive: true, verbatimSymlinks: true });
    await scene?.prepare(volume.scratch, bot);

    const script = block.commands.filter((one) => reasonNotToRun(one) === null).join('\n');
    const { code, output } = await type(script, volume, world, { VIGIL_VOLUME: undefined });
    expect(code, output).toBe(0);
    // The phone's owner has noticed nothing.
    expect(world.whatsapp.count('qrPages')).toBe(0);
    expect(world.whatsapp.count('pairings')).toBe(0);
    if (!script.includes('vigil up')) return;
    const log = await readFile(join(volume.scratch, 'vigil.log'), 'utf8');
    expect(log).toContain(`"session":"${scene?.session ?? 'main'}","from":"syncing","to":"online"`);
  });
});

/** Ends a session, or asks a person who is not there; whatever is not named ends with 0. */
const refusesUnasked: ReadonlySet<string> = new Set(['restore', 'recover', 'purge']);

/** What goes before what: a session is looked at, then disturbed, then ended. */
const order = [
  ...[
    'help',
    'version',
    'config',
    'sessions',
    'backups',
    'logs',
    'doctor',
    'verify',
    'drill',
    'backup',
    'pair',
  ],
  ...['restart', 'stop', 'start', 'import', 'restore', 'recover', 'purge', 'logout'],
];

it('sentences: every command that is named there', { timeout: 170_000 }, async () => {
  const { rig: world, volume, daemon } = await pairedOnline({}, { autoScanMs: 0 });
  const [backup] = (await world.cli(volume, ['backups', 'main', '--json'])).json as { id: string }[];
  // As another tool would have left one: flat, with the session's directory in it.
  const vault = volume.ours('vault', 'sessions');
  await cp(join(vault, 'main', `${backup?.id}.tar.gz`), join(vault, 'flat.tar.gz'));
  const old = join(volume.scratch, 'session-old');
  await cp(join(template.root, 'whatsapp-sessions', 'session-main'), old, { recursive: true });
  const module = join(volume.scratch, 'bot.mjs');
  await writeFile(module, 'export default () => {};');
  const named = manuals.flatMap((manual) => commandsInSentences(readManual(manual)));
  const calls = named
    .flatMap(callsOfVigil)
    .map((words) =>
      words
        .join(' ')
        .replace(/bot=<path>/, `bot=${module}`)
        .replace(/--backup <id>/, `--backup ${backup?.id}`)
        .replace(/--backup <file>/, '--backup flat.tar.gz')
        .replace(/import <path>/, `import ${old} --session main --dry-run`)
        .replace(/--clear <backup>/, `--clear ${backup?.id}`)
        .replace(/ <session>| <id>| \[session\]/, ' main')
        .replace(/ \[topic\]/, ''),
    )
    // Of daemons, and of the tests themselves; and a verb that is only spoken of.
    .filter((call) => !/^(up|serve|test|demo)\b/.test(call))
    .filter((call) => !/^(pair|purge|import|backup|stop|start|restore|restart|logout)( --json)?$/.test(call));
  const distinct = [...new Set(calls)].sort((a, b) => rank(a) - rank(b));
  expect(distinct.length).toBeGreaterThan(20);
  for (const call of distinct) {
    const words = call.split(' ');
    const asks = refusesUnasked.has(words[0] ?? '') && !call.includes('--dry-run');
    const { code, stdout, stderr } = await world.cli(volume, words);
    expect({ call, code, said: code === (asks ? 2 : 0) ? '' : stdout + stderr }).toEqual({
      call,
      code: asks ? 2 : 0,
      said: '',
    });
  }
  await daemon.stop();
});

function rank(call: string): number {
  const at = order.indexOf(call.split(' ')[0] ?? '');
  if (at < 0) throw new Error(`nobody said when "${call}" is to be typed`);
  return at;
}
