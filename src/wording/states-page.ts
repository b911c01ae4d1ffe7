import { reasons } from '../session/reasons.ts';
import { failureReasons } from '../session/record-format.ts';
import type { FailureReason, FaultCause, State, StateName } from '../session/state.ts';
import { type Status, statusOf } from '../session/status.ts';
import { statePaths } from './state-paths.ts';
import { stateExamples, statusMeanings, stateWords as words } from './state-words.ts';
import { statusWords } from './words.ts';

/** docs/states.md. */
export function statesPage(): string {
  const statuses = Object.entries(statusMeanings).map(
    ([status, meaning]) =>
      `| \`${status}\` | ${statusWords[status as Status].short} | ${meaning} | ${statesOf(status as Status)} |`,
  );
  const states = Object.entries(words).map(([state, what]) => `| \`${state}\` | ${what} |`);
  const paths = statePaths().map(
    ({ words: when, from, to }) => `| ${when} | ${from.map(quoted).join(', ')} | ${to.join(' or ')} |`,
  );
  return `<!-- Generated from src/session by \`node scripts/generate-docs.ts\`; do not edit. -->
# States

What \`vigil sessions\` and the pages show is the *status*. \`--json\` and the API have besides the \`state\`, which is finer,
the \`reason\`, and in \`remedy\` what a person must do; null when nothing. What to do by symptom is in
[operations.md](operations.md), the codes of errors in [errors.md](errors.md).

## Statuses

| status | on the pages | what it means | states |
| --- | --- | --- | --- |
${statuses.join('\n')}

While a browser is being closed (\`stopping\`) the status is the one of where it goes then.

## Reasons

With \`failed\` nothing happens until a person acts. With every other status the daemon goes on by itself, and what is to be
done hastens or ends it.

### Of \`failed\`

| reason | what it means | what to do |
| --- | --- | --- |
${reasonRows((reason) => Object.hasOwn(failureReasons, reason))}

### Of \`recovering\` and \`disconnected\`

| reason | what it means | what to do |
| --- | --- | --- |
${reasonRows((reason) => !Object.hasOwn(failureReasons, reason) || Object.hasOwn(bothWays, reason))}

Two more are found at the start of the daemon, of sessions that it keeps stopped: \`record_unusable\` and \`profile_found\`
([operations.md](operations.md#by-symptom)).

## States

| state | what holds |
| --- | --- |
${states.join('\n')}

## What leads where

In a state that is not named it does not happen, or changes nothing. Every way from a state in which something runs goes
through \`stopping\`, which ends when the browser is gone; what is named is where it goes then. Several are named where it
depends on the session: whether a login was expected, how often it failed before.
[ARCHITECTURE.md](../ARCHITECTURE.md#life-of-a-session) says on what.

| when | in | it goes to |
| --- | --- | --- |
${paths.join('\n')}
`;
}

/** What passes by itself at first, and ends in \`failed\` when it does not. */
const bothWays: Readonly<Record<Extract<FailureReason, FaultCause>, true>> = {
  bot_error: true,
  conflict: true,
};

function reasonRows(shown: (reason: string) => boolean): string {
  const rows = Object.entries(reasons).filter(([reason]) => shown(reason));
  return rows
    .map(([reason, { meaning, remedy }]) => `| \`${reason}\` | ${meaning} | ${remedy ?? 'nothing'} |`)
    .join('\n');
}

const quoted = (text: string): string => `\`${text}\``;

/** The states that are shown so; one that is shown otherwise after a fault is named with both. */
function statesOf(status: Status): string {
  const shown = Object.entries<readonly State[]>(stateExamples).filter(([, examples]) =>
    examples.flatMap(afterAFault).some((state) => state.name !== 'stopping' && statusOf(state) === status),
  );
  return shown.map(([name]) => quoted(name as StateName)).join(', ');
}

/** The state as it is, and as it is after a fault where that makes a difference. */
function afterAFault(state: State): readonly State[] {
  if (state.name === 'suspect') return [state, { ...state, failed: false }];
  return 'cause' in state && state.cause === null ? [state, { ...state, cause: 'hang' }] : [state];
}
