import { describe, expect, it } from 'vitest';
import { reasons } from '../session/reasons.ts';
import { statePaths } from './state-paths.ts';
import { statesPage } from './states-page.ts';
import { statusWords } from './words.ts';

const page = statesPage();

describe('what leads where', () => {
  const to = (name: string) => statePaths().filter(({ to }) => to.some((place) => place.includes(name)));
  const from = (name: string) => statePaths().filter((path) => path.from.some((state) => state === name));

  it('lets only a person lead out of a failure', () => {
    const ways = from('failed').map(({ words }) => words);
    expect(ways.length).toBeGreaterThan(2);
    expect(ways.filter((words) => !words.startsWith('a person '))).toEqual([]);
  });

  it('shows a QR to a person only from where a browser starts', () => {
    expect(to('`pairing`')).toEqual([
      expect.objectContaining({ words: 'WhatsApp shows a QR', from: ['launching', 'syncing'] }),
    ]);
  });

  it('knows that it depends on the session', () => {
    const fault = from('online').find(({ words }) => words.startsWith('its browser or host ends'));
    expect(fault?.to).toEqual(['`claiming`', '`resting`']);
    const conflict = from('online').find(({ words }) => words.startsWith('another browser'));
    expect(conflict?.to).toEqual(['`resting`', '`failed` (`conflict`)']);
  });
});

describe('the page of states', () => {
  it.each(Object.keys(statusWords))('says of the status %s in which states it is shown', (status) => {
    const row = new RegExp(`^\\| \`${status}\` \\|.*\\| .*\`\\w+\`.* \\|$`, 'm');
    expect(page).toMatch(row);
  });

  it.each(Object.entries(reasons))('has %s with what to do', (reason, { meaning, remedy }) => {
    expect(page).toContain(`| \`${reason}\` | ${meaning} | ${remedy ?? 'nothing'} |`);
  });

  it('has a conflict twice: it is taken back once', () => {
    expect(page.match(/^\| `conflict` \|/gm)).toHaveLength(2);
    expect(page.match(/^\| `banned` \|/gm)).toHaveLength(1);
  });
});
