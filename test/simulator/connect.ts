import { COMMANDS, type SimulatorControl } from './control.ts';

const DEADLINE_MS = 90_000;

/** The control of a simulator in another process. */
export function connectSimulator(url: string): SimulatorControl {
  const call = async (command: string, request: unknown): Promise<unknown> => {
    const response = await fetch(new URL(`/${command}`, url), {
      method: 'POST',
      body: JSON.stringify(request ?? {}),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const answer = (await response.json()) as { error?: string };
    if (!response.ok) throw new Error(answer.error ?? `the simulator answered ${response.status}`);
    return answer;
  };
  const commands = COMMANDS.map((name) => [name, (request: unknown) => call(name, request)]);
  return Object.fromEntries(commands) as SimulatorControl;
}
