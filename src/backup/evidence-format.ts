/** Evidence of a login as JSON that came from outside. */
import type { DatabaseEvidence, LoginEvidence, StoreEvidence } from '../profile/verdict.ts';
import { count, isObject, type Json, list, NotExpected, nameOf, own } from './json-fields.ts';

const mostNames = 10_000;

/** Throws `NotExpected`. */
export function evidenceOf(found: Json): LoginEvidence {
  return {
    loginKeys: list(found, 'evidence.loginKeys', mostNames).map((key) => nameOf(key, 'evidence.loginKeys')),
    databases: list(found, 'evidence.databases', mostNames).map((database): DatabaseEvidence => {
      if (!isObject(database)) throw new NotExpected('evidence.databases');
      return {
        name: nameOf(own(database, 'name'), 'evidence.databases.name'),
        stores: list(database, 'evidence.databases.stores', mostNames).map(storeOf),
      };
    }),
  };
}

function storeOf(found: unknown): StoreEvidence {
  if (!isObject(found)) throw new NotExpected('evidence.databases.stores');
  const empty = own(found, 'empty');
  if (typeof empty !== 'boolean') throw new NotExpected('evidence.databases.stores.empty');
  const records = own(found, 'records');
  return {
    name: nameOf(own(found, 'name'), 'evidence.databases.stores.name'),
    empty,
    records: records === null ? null : count(found, 'evidence.databases.stores.records'),
  };
}
