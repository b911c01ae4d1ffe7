import { exitCode } from '../../errors.ts';
import type { Finding } from '../../wording/finding.ts';
import { printable } from '../printable.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';
import { callOf, type Register } from '../verb.ts';

export const registerDoctor: Register = (program, context, done) => {
  program
    .command('doctor')
    .description('look at everything that a daemon needs and say how to mend it')
    .option('--create', 'create the vault (its bucket, private, or its directory) where it is missing')
    .action(async ({ create }: { readonly create?: true }, command) => {
      const { output, flags } = callOf(command, context);
      const progress = output.progress();
      progress.say('Looking …');
      const findings = await context.doctor(flags, { create: create === true }).finally(() => progress.end());
      const ok = findings.every((finding) => finding.verdict !== 'bad');
      output.result({ ok, findings }, () => findingTable(findings, output.style));
      done(ok ? exitCode.ok : exitCode.doctor);
    });
};

const marks = {
  good: ['good', 'ok'],
  warning: ['asking', 'warning'],
  bad: ['bad', 'to mend'],
} as const;

function findingTable(findings: readonly Finding[], style: Style): string {
  const rows = findings.map(({ name, verdict, found, remedy }) => {
    const [tone, word] = marks[verdict];
    return {
      cells: [name, style.tone(tone, word), printable(found)],
      notes: remedy === null ? [] : [`${style.bold('What to do:')} ${printable(remedy)}`],
    };
  });
  return `${table(['CHECK', 'VERDICT', 'FOUND'], rows)}\n${sum(findings)}\n`;
}

function sum(findings: readonly Finding[]): string {
  const count = (wanted: Finding['verdict']) => findings.filter(({ verdict }) => verdict === wanted).length;
  const bad = count('bad');
  const mend = bad === 0 ? 'Nothing needs mending' : `${bad} of ${findings.length} need mending`;
  const warnings = count('warning');
  const warned = warnings === 0 ? '' : `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
  return `${mend}${warned}.`;
}
