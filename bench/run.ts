/**
 * `npm run bench -- [name…] [--runs N] [--full] [--json FILE] [--figures]`: measures, prints a table and keeps
 * the figures. Ends by itself, within loopback, and ends nothing that it did not start.
 */
import { rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sizingDocument } from '../scripts/sizing-document.ts';
import { findChromium } from '../src/chromium/find.ts';
import { systemClock } from '../src/system/clock.ts';
import { type Build, build } from './build.ts';
import type { Result } from './figure.ts';
import { describeMachine, machineLine } from './machine.ts';
import { markdown, type Report, terminalTable } from './report.ts';
import { archive } from './scenarios/archive.ts';
import { boot } from './scenarios/boot.ts';
import { daemon500 } from './scenarios/daemon-500.ts';
import { freeze } from './scenarios/freeze.ts';
import { hang } from './scenarios/hang.ts';
import { liveBackups } from './scenarios/live-backups.ts';
import { memory } from './scenarios/memory.ts';
import { recover } from './scenarios/recover.ts';
import type { Request, Scenario } from './scenarios/scenario.ts';
import { sizing } from './scenarios/sizing.ts';
import { verification } from './scenarios/verification.ts';
import { type Workshop, withWorkshop } from './workshop.ts';

const scenarios: Readonly<Record<string, Scenario>> = {
  boot: { needs: 'browsers', run: boot },
  recover: { needs: 'browsers', run: recover },
  hang: { needs: 'browsers', run: hang },
  memory: { needs: 'browsers', run: memory },
  sizing: { needs: 'browsers', run: sizing },
  freeze: { needs: 'browsers', run: freeze },
  verification: { needs: 'browsers', run: verification },
  archive: { needs: 'browsers', run: archive },
  'live-backups': { needs: 'browsers', run: liveBackups },
  'daemon-500': { needs: 'program', run: daemon500 },
};

const repository = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '5' },
    full: { type: 'boolean', default: false },
    json: { type: 'string', default: join(repository, 'bench/results/latest.json') },
    figures: { type: 'boolean', default: false },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(scenarios);
const unknown = names.filter((name) => !Object.hasOwn(scenarios, name));
if (unknown.length > 0 || !/^[1-9]\d?$/.test(values.runs)) {
  process.stderr.write(
    `usage: npm run bench -- [${Object.keys(scenarios).join('|')}]… [--runs 1–99] [--full] [--json FILE] [--figures]\n`,
  );
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    process.stderr.write(`ended by ${signal}\n`);
    process.exit(130);
  });
}

const request: Request = {
  runs: Number(values.runs),
  full: values.full,
  told: (line) => void process.stderr.write(`  ${line}\n`),
};
const machine = await describeMachine(await browser());
process.stdout.write(`${machineLine(machine)}\n\n`);

const results: Result[] = [];
const measure = async (name: string, run: () => Promise<Result>) => {
  request.told(`${name} …`);
  const result = await run();
  results.push(result);
  process.stdout.write(`${terminalTable(result)}\n\n`);
};
const withBrowsers = names.filter((name) => scenarios[name]?.needs === 'browsers');
if (withBrowsers.length > 0) {
  await withWorkshop(async (workshop: Workshop) => {
    for (const name of withBrowsers) {
      const scenario = scenarios[name];
      if (scenario?.needs === 'browsers') await measure(name, () => scenario.run(workshop, request));
    }
  }, request.told);
}
for (const name of names) {
  const scenario = scenarios[name];
  if (scenario?.needs !== 'program') continue;
  await withProgram((program) => measure(name, () => scenario.run(program, request)));
}

const report = await merged();
await mkdir(dirname(values.json), { recursive: true });
await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
if (values.figures) await writeFigures(markdown(report));
const missed = results.flatMap(({ figures }) => figures.filter(({ target }) => target?.met === false));
process.stdout.write(
  missed.length === 0
    ? 'Every target is met.\n'
    : `Not met: ${missed.map(({ name }) => name.trim()).join('; ')}.\n`,
);

/** And what is computed from them, so that no figure is ever copied by hand. */
async function writeFigures(figures: string): Promise<void> {
  await writeFile(join(repository, 'docs/figures.md'), figures);
  const sizing = join(repository, 'docs/sizing.md');
  await writeFile(sizing, sizingDocument(figures, await readFile(sizing, 'utf8')));
}

async function browser(): Promise<string> {
  const { path } = await findChromium({
    setting: process.env['PUPPETEER_EXECUTABLE_PATH'] ?? null,
    env: process.env,
    caches: [join(repository, '.toolchain/chromium')],
    download: false,
    clock: systemClock,
    report: () => {},
  });
  return path;
}

async function withProgram(work: (program: Build) => Promise<void>): Promise<void> {
  const program = await build();
  const remove = () => rmSync(program.directory, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    await work(program);
  } finally {
    remove();
  }
}

/** Scenarios that were not run now keep the figures of the run before, each with its own date and machine. */
async function merged(): Promise<Report> {
  const at = new Date().toISOString();
  const before = await readFile(values.json, 'utf8').then(
    (text) => (JSON.parse(text) as Report).scenarios,
    () => [],
  );
  const fresh = results.map((result) => ({ ...result, at, machine }));
  const kept = before.filter(({ scenario }) => !results.some((result) => result.scenario === scenario));
  const order = Object.keys(scenarios);
  const all = [...fresh, ...kept].sort((a, b) => order.indexOf(a.scenario) - order.indexOf(b.scenario));
  return { at, scenarios: all };
}
