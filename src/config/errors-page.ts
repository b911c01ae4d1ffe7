import { catalogue, exitCode } from '../errors.ts';

/** What each exit code of `vigil` says to a script. */
const exitMeanings: Readonly<Record<keyof typeof exitCode, string>> = {
  ok: 'done',
  internal: 'something failed that has no code of its own',
  usage: 'the command line is wrong',
  notFound: 'there is no such thing',
  refused: 'it cannot be done in the state things are in',
  timeout: 'it did not happen in time',
  sessionFailed: 'the session ended in `failed` while it was waited for',
  doctor: '`vigil doctor` found something bad',
  unavailable: 'something that is needed is missing or does not answer',
  disk: 'the volume is missing or full',
  busy: 'somebody else holds it; try again later',
  permission: 'the operating system or the API key does not permit it',
  config: 'the settings are wrong, or ask for what is not part of this version yet',
};

/** docs/errors.md. */
export function errorsPage(): string {
  const exits = Object.entries(exitCode).map(
    ([name, code]) => `| ${code} | ${exitMeanings[name as keyof typeof exitCode]} |`,
  );
  const errors = Object.entries(catalogue).map(
    ([code, entry]) =>
      `| \`${code}\` | ${entry.meaning} | ${entry.remedy} | ${entry.exit} | ${entry.http} | ${entry.disposition} |`,
  );
  return `<!-- Generated from src/errors.ts by \`node scripts/generate-docs.ts\`; do not edit. -->
# Errors

Codes are public: scripts may rely on them, and none is renamed or used for something else later. With \`--json\`
an error is an object on standard output, over HTTP the body of the answer; both carry \`code\`, \`message\` and
\`remedy\`. \`transient\` may pass by itself, \`permanent\` needs a person, \`fatal\` ends the daemon.

## Exit codes

| exit code | meaning |
| --- | --- |
${exits.join('\n')}

A command that is ended by a signal exits with 128 plus the signal's number, as usual.

## Codes

| code | what it means | what to do | exit | HTTP | disposition |
| --- | --- | --- | --- | --- | --- |
${errors.join('\n')}
`;
}
