/** What a page of an origin finds in its storage: asked in the page, in one evaluation, and read as what came from outside. */
import type { OfflineFindings } from '../drill/offline-browser.ts';
import { evidenceOf } from '../profile/evidence-format.ts';
import { eachText, type Json, NotExpected, parseObject, text } from '../system/json-fields.ts';

/** Values never leave the page: they are credentials. Nor does the name of a key that was not asked for. */
export function surveyExpression(loginKeys: readonly string[]): string {
  return `(async (asked) => {
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const databases = [], problems = [];
    const attempt = (what, work) => work().catch((error) => problems.push(what + ' does not open (' + error?.name + ')'));
    await attempt('IndexedDB', async () => {
      for (const { name } of await indexedDB.databases()) await attempt(name, async () => {
        const database = await done(indexedDB.open(name));
        const stores = [];
        for (const store of database.objectStoreNames) {
          const records = await done(database.transaction(store).objectStore(store).count());
          stores.push({ name: store, empty: records === 0, records });
        }
        database.close();
        databases.push({ name, stores });
      });
    });
    const names = new Set(Object.keys(localStorage));
    const loginKeys = asked.filter((key) => names.has(key)).sort();
    return JSON.stringify({ origin: location.origin, loginKeys, databases, problems });
  })(${JSON.stringify(loginKeys)})`;
}

/** Throws a plain error where the answer is none, or of another page. */
export function readSurvey(answer: unknown, origin: string): OfflineFindings {
  const parsed = parseObject(typeof answer === 'string' ? answer : '');
  if ('problem' in parsed) throw new Error(`the page's answer cannot be read: ${parsed.problem}`);
  try {
    const { found } = parsed;
    if (text(found, 'origin', 200) !== origin) throw new Error('another page was open');
    return { ...evidenceOf(found), problems: problemsOf(found) };
  } catch (error) {
    if (!(error instanceof NotExpected)) throw error;
    throw new Error(`the page's answer has no ${error.message} that can be read`);
  }
}

const mostProblems = 1_000;

/** The page chose the names in them, and they go to terminals and logs. */
function problemsOf(found: Json): readonly string[] {
  return eachText(found, 'problems', mostProblems).map((problem) =>
    problem.replaceAll(/\p{C}/gu, '?').slice(0, 120),
  );
}
