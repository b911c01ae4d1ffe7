/**
 * The tables of docs/sizing.md, computed from the measurements in docs/figures.md and from what is said of the real page.
 * Nothing in them is written by hand; `node scripts/generate-docs.ts` writes them, and `npm run check` compares.
 */

/** What to plan with. The simulator's page is lighter than WhatsApp's, of which only other projects' claims are known. */
export const planned = {
  /** Megabytes: the system and the daemon, as `vigil doctor` counts them. */
  base: 250,
  /** Megabytes a session: the highest of what is claimed for ten sessions or more. */
  session: 400,
  /** Cores a session that is used. */
  cores: 0.3,
  /** Megabytes of a profile on the disk. */
  profile: 100,
} as const;

/** Gigabytes of machines that people rent. */
const machines = [1, 2, 4, 8, 16] as const;

/** Of one service without replicas, which a service with a volume is. Railway's documentation, August 2026. */
const railway = {
  plans: [
    { name: 'Free', memory: 0.5, cores: 1, volume: 0.5 },
    { name: 'Trial', memory: 1, cores: 2, volume: 0.5 },
    { name: 'Hobby', memory: 8, cores: 8, volume: 5 },
    { name: 'Pro', memory: 24, cores: 24, volume: 50 },
  ],
  /** Dollars a month. */
  memoryPrice: 10,
  corePrice: 20,
} as const;

/** `figures` and `page` are the texts of docs/figures.md and docs/sizing.md; the result is the page as it should be. */
export function sizingDocument(figures: string, page: string): string {
  const measured = measurementsIn(figures);
  const tables: Readonly<Record<string, string>> = {
    session: sessionTable(measured),
    machines: machineTable(measured),
    railway: railwayTable(),
  };
  let text = page;
  for (const [name, table] of Object.entries(tables)) {
    const block = new RegExp(`(<!-- sizing: ${name} -->\n)[\\s\\S]*?(<!-- /sizing -->)`);
    if (!block.test(text)) throw new Error(`docs/sizing.md has no place for the table "${name}"`);
    text = text.replace(block, (_all, begin: string, end: string) => `${begin}${table}\n${end}`);
  }
  return text;
}

interface Measurements {
  readonly first: number;
  readonly further: number;
  readonly six: number;
  readonly rssOfSix: number;
  readonly startPeak: number;
  readonly startCpu: number;
  readonly restCpu: number;
  readonly processes: number;
  readonly tasks: number;
  readonly profile: number;
  readonly backup: number;
}

function measurementsIn(figures: string): Measurements {
  const section =
    figures.split('\n## ').find((part) => part.startsWith('What sessions take of a machine')) ?? '';
  const median = (name: string): number => {
    const row = section.split('\n').find((line) => line.startsWith(`| ${name} |`));
    const value = Number.parseFloat(row?.split('|')[2] ?? '');
    if (Number.isNaN(value)) throw new Error(`docs/figures.md has no figure "${name}"`);
    return value;
  };
  return {
    first: median('daemon and 1 session, PSS'),
    further: median('each further session, PSS'),
    six: median('daemon and 6 sessions, PSS'),
    rssOfSix: median('the same 6, RSS summed up'),
    startPeak: median('a start alone, highest PSS of the session'),
    startCpu: median('a start, CPU time until online'),
    restCpu: median('at rest, CPU of one core, a session of 6'),
    processes: median('processes of a session'),
    tasks: median('tasks (threads) of a session'),
    profile: median('profile on the disk, caches included'),
    backup: median('backup of it in the vault'),
  };
}

function sessionTable(m: Measurements): string {
  return table(
    ['what', 'measured, simulator', 'plan with'],
    [
      ['the daemon and the first session, memory (PSS)', mb(m.first), mb(planned.base + planned.session)],
      ['each further session, memory (PSS)', mb(m.further), mb(planned.session)],
      [
        'while it starts, at most',
        mb(m.startPeak),
        mb(Math.max(planned.session, 50 * Math.ceil(m.startPeak / 50))),
      ],
      ['CPU of a start', `${m.startCpu.toFixed(1)} s`, 'twice that'],
      ['CPU at rest, of one core', `${m.restCpu.toFixed(1)} %`, `${planned.cores * 100} % when it is used`],
      ['processes, tasks', `${m.processes}, ${m.tasks}`, `${m.processes}, ${2 * m.tasks}`],
      ['profile on the disk', mb(m.profile), mb(planned.profile)],
      ['one backup of it', mb(m.backup), `${Math.round((m.backup / m.profile) * 100)} % of the profile`],
      ['six sessions and the daemon: PSS, and RSS summed up', `${mb(m.six)}, ${mb(m.rssOfSix)}`, 'PSS'],
    ],
  );
}

function machineTable(m: Measurements): string {
  const base = m.first - m.further;
  return table(
    ['memory', 'sessions, simulator', 'sessions to plan with', 'cores for these'],
    machines.map((gigabytes) => {
      const few = fitting(gigabytes, planned.base, planned.session);
      return [
        `${gigabytes} GB`,
        String(fitting(gigabytes, base, m.further)),
        String(few),
        String(Math.max(1, Math.ceil(few * planned.cores))),
      ];
    }),
  );
}

function railwayTable(): string {
  const price = (planned.session / 1024) * railway.memoryPrice + planned.cores * railway.corePrice;
  const rows = railway.plans.map(({ name, memory, cores, volume }) => {
    const byMemory = fitting(memory, planned.base, planned.session);
    const byCores = Math.floor(cores / planned.cores);
    const byVolume = Math.floor((volume * 1024) / (3 * planned.profile));
    const few = Math.min(byMemory, byCores, byVolume);
    const bound = few === byMemory ? 'memory' : few === byVolume ? 'volume' : 'cores';
    return [name, `${memory} GB`, `${cores}`, `${volume} GB`, few === 0 ? 'none' : `${few} (${bound})`];
  });
  return [
    table(['plan', 'memory', 'vCPU', 'volume', 'sessions to plan with'], rows),
    '',
    `A session that is used all the time comes to about $${price.toFixed(0)} a month at these figures ($${railway.memoryPrice} a GB, $${railway.corePrice} a vCPU); one at rest to about $${((planned.session / 1024) * railway.memoryPrice).toFixed(0)}.`,
  ].join('\n');
}

function fitting(gigabytes: number, base: number, session: number): number {
  return Math.max(0, Math.floor((gigabytes * 1024 - base) / session));
}

function mb(value: number): string {
  return `${Math.round(value)} MB`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  );
}
