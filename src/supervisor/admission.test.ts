import { describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { sessionId } from '../session/id.ts';
import { BoundedAdmission } from './admission.ts';

const never = new AbortController().signal;

/** Sessions at the door, by name; `inside` in the order in which they came in. */
function door(limit: number) {
  const admission = new BoundedAdmission(limit);
  const inside: string[] = [];
  const refused: string[] = [];
  const releases = new Map<string, () => void>();
  const enter = (name: string, signal: AbortSignal = never) =>
    void admission.enter(sessionId(name), signal).then(
      (release) => {
        inside.push(name);
        releases.set(name, release);
      },
      () => refused.push(name),
    );
  const leave = (name: string) => releases.get(name)?.();
  return { admission, inside, refused, enter, leave };
}

describe('the admission of starts', () => {
  it('lets in as many as its limit, the others in the order in which they came', async () => {
    const { inside, enter, leave } = door(2);
    for (const name of ['a', 'b', 'c', 'd', 'e']) enter(name);
    await settle();
    expect(inside).toEqual(['a', 'b']);
    leave('b');
    await settle();
    expect(inside).toEqual(['a', 'b', 'c']);
    leave('a');
    leave('c');
    await settle();
    expect(inside).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('lets nobody overtake those who wait', async () => {
    const { inside, enter, leave } = door(1);
    enter('a');
    enter('b');
    await settle();
    leave('a');
    enter('c');
    await settle();
    expect(inside).toEqual(['a', 'b']);
  });

  it('frees one place for a release that is called twice', async () => {
    const { inside, enter, leave } = door(1);
    for (const name of ['a', 'b', 'c']) enter(name);
    await settle();
    leave('a');
    leave('a');
    await settle();
    expect(inside).toEqual(['a', 'b']);
  });

  it('forgets who gives up while waiting, and says why', async () => {
    const { admission, inside, enter, leave } = door(1);
    const enough = new AbortController();
    enter('a');
    const waiting = admission.enter(sessionId('b'), enough.signal);
    enter('c');
    enough.abort(new Error('closed'));
    await expect(waiting).rejects.toThrow('closed');
    leave('a');
    await settle();
    expect(inside).toEqual(['a', 'c']);
  });

  it('lets nobody in who had given up before', async () => {
    const { inside, refused, enter } = door(1);
    enter('a', AbortSignal.abort(new Error('closed')));
    enter('b');
    await settle();
    expect({ inside, refused }).toEqual({ inside: ['b'], refused: ['a'] });
  });

  it('loses no place to one who gives up at the very moment of being let in', async () => {
    const { inside, refused, enter, leave } = door(1);
    const enough = new AbortController();
    enter('a');
    enter('b', enough.signal);
    enter('c');
    await settle();
    leave('a');
    enough.abort(new Error('closed'));
    await settle();
    // It was let in before it gave up: it holds a place, and gives it back as everybody does.
    expect({ inside, refused }).toEqual({ inside: ['a', 'b'], refused: [] });
    leave('b');
    await settle();
    expect(inside).toEqual(['a', 'b', 'c']);
  });

  it('loses no place to one who gives up just before a place is free', async () => {
    const { inside, refused, enter, leave } = door(1);
    const enough = new AbortController();
    enter('a');
    enter('b', enough.signal);
    enter('c');
    await settle();
    enough.abort(new Error('closed'));
    leave('a');
    await settle();
    expect({ inside, refused }).toEqual({ inside: ['a', 'c'], refused: ['b'] });
  });
});
