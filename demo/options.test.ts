import { expect, it } from 'vitest';
import { optionsOf } from './options.ts';

it('takes the documented options', () => {
  expect(optionsOf([])).toEqual({ auto: false, json: false, record: false });
  expect(optionsOf(['--auto'])).toEqual({ auto: true, json: false, record: false });
  expect(optionsOf(['--auto', '--record'])).toEqual({ auto: true, json: false, record: true });
  expect(optionsOf(['-h'])).toBeNull();
});

it.each([['--fast'], ['now'], ['--auto=1'], ['--record'], ['--json']])(
  'says what is wrong with %s',
  (argument) => {
    expect(optionsOf([argument])).toEqual(expect.stringMatching(/\w/));
  },
);
