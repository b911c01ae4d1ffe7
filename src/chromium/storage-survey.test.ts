import { describe, expect, it } from 'vitest';
import { readSurvey } from './storage-survey.ts';

const origin = 'https://web.whatsapp.com';
const stores = [{ name: 'message', empty: false, records: 3 }];
const told = {
  origin,
  loginKeys: ['last-wid'],
  databases: [{ name: 'model-storage', stores }],
  problems: [],
};

describe('what a page says of its storage', () => {
  it('is read', () => {
    const { origin: _origin, ...found } = told;
    expect(readSurvey(JSON.stringify(told), origin)).toEqual(found);
  });

  it('is kept on one line', () => {
    const problems = [`model\u001b[2J${'x'.repeat(500)} does not open`];
    expect(readSurvey(JSON.stringify({ ...told, problems }), origin).problems[0]).toMatch(
      /^model\?\[2Jx{50,120}$/,
    );
  });

  it('counts for nothing where it is of another page', () => {
    expect(() => readSurvey(JSON.stringify({ ...told, origin: 'null' }), origin)).toThrow(
      'another page was open',
    );
  });

  it.each([
    undefined,
    null,
    '',
    'null',
    '[]',
    '{"origin":1}',
    ...Object.keys(told).flatMap((key) => [
      JSON.stringify({ ...told, [key]: undefined }),
      JSON.stringify({ ...told, [key]: [{ name: {} }] }),
      JSON.stringify({ ...told, [key]: [{ name: 'a', stores: [{ name: 'b', empty: false, records: -1 }] }] }),
    ]),
  ])('that is not what it should be is an error in words: %j', (answer) => {
    expect(() => readSurvey(answer, origin)).toThrow(/^(the page's answer|another page)/);
  });
});
