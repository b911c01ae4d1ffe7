/** What a page on a phone must keep to, whatever it shows. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'puppeteer';

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
}

/** As wide as a finger; CSS pixels. */
const fingertip = 44;

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const measures = await readFile(new URL('page-measures.js', import.meta.url), 'utf8');

/** One sentence for each fault, in the light and in the dark. */
export async function faultsOf(page: Page): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const scheme of ['dark', 'light']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    for (const { id, nodes } of await findings(page))
      for (const { target, failureSummary } of nodes)
        faults.push(`${scheme}: ${id} at ${target.join(' ')}: ${failureSummary}`);
  }
  return [
    ...faults,
    ...((await page.evaluate(`${measures}\nmeasurePage(${fingertip})`)) as readonly string[]),
  ];
}

/** Names, roles, contrast, language, order of headings: axe-core, all rules that WCAG 2.2 AA rests on. */
async function findings(page: Page): Promise<readonly Finding[]> {
  await page.evaluate(axe);
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const run = `axe.run(document, { runOnly: ${JSON.stringify(tags)} })`;
  return ((await page.evaluate(run)) as { violations: readonly Finding[] }).violations;
}
