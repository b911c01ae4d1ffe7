import { expect, it } from 'vitest';
import { span } from './line.ts';
import { picture } from './picture.ts';

const svg = picture(
  [[span('●  ', 'good'), span('  one <two> & "three"')], [], [span('─'.repeat(40), 'dim')]],
  'a & b',
);

it('puts each piece where its columns are, as wide as they are', () => {
  expect(svg).toContain(
    '<text class="good" x="16" y="30" textLength="8.4" lengthAdjust="spacingAndGlyphs">●</text>',
  );
  expect(svg).toContain(`<text class="plain" x="58" y="30" textLength="${19 * 8.4}"`);
  expect(svg).toContain('y="68" textLength="336"');
});

it('escapes what it is given', () => {
  expect(svg).toContain('>one &lt;two&gt; &amp; &quot;three&quot;</text>');
  expect(svg).toContain('<title>a &amp; b</title>');
});

it('asks for nothing from elsewhere and runs nothing', () => {
  expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:|<script|url\(|href/);
});
