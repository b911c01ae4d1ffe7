import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

describe('the nearest name', () => {
  it('forgives slips, swapped letters among them', () => {
    expect(nearest('DRIAN', ['HOST', 'DRAIN', 'VOLUME'])).toBe('DRAIN');
    expect(nearest('VOLUMES', ['HOST', 'DRAIN', 'VOLUME'])).toBe('VOLUME');
  });

  it('suggests nothing for what is like none of them', () => {
    expect(nearest('SOMETHING_ELSE', ['HOST', 'DRAIN'])).toBeNull();
  });

  it('measures alike in both directions, and nothing between equal words', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (one, other) => {
        expect(editDistance(one, other)).toBe(editDistance(other, one));
        expect(editDistance(one, one)).toBe(0);
      }),
    );
  });
});
