import type { Registry } from '../registry/registry.ts';

/** Of each session; what is older tells nobody anything. */
const transitionsKept = 1_000;
const incidentsKept = 1_000;

/** What sessions went through, from one registry into another; the records of sessions are the volume's to say. */
export async function copyHistory(
  from: Pick<Registry, 'sessions' | 'transitions' | 'incidents'>,
  to: Pick<Registry, 'addTransitions' | 'putIncident'>,
): Promise<void> {
  for (const { id } of await from.sessions())
    await to.addTransitions((await from.transitions(id, transitionsKept)).toReversed());
  for (const incident of (await from.incidents(null, incidentsKept)).toReversed())
    await to.putIncident(incident);
}
