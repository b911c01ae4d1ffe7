/** Evidence of a login as JSON that came from outside. */

import { count, eachObject, flag, type Json, list, nameOf, orNull, own } from '../system/json-fields.ts';
import type { DatabaseEvidence, LoginEvidence, StoreEvidence } from './verdict.ts';

const mostNames = 10_000;

/** Throws `NotExpected`. */
export function evidenceOf(found: Json): LoginEvidence {
  return {
    loginKeys: list(found, 'evidence.loginKeys', mostNames).map((key) => nameOf(key, 'evidence.loginKeys')),
    databases: eachObject(
      found,
      'evidence.databases',
      mostNames,
      (database): DatabaseEvidence => ({
        name: nameOf(own(database, 'name'), 'evidence.databases.name'),
        stores: eachObject(database, 'evidence.databases.stores', mostNames, storeOf),
      }),
    ),
  };
}

function storeOf(found: Json): StoreEvidence {
  return {
    name: nameOf(own(found, 'name'), 'evidence.databases.stores.name'),
    empty: flag(found, 'evidence.databases.stores.empty'),
    records: orNull(found, 'evidence.databases.stores.records', count),
  };
}
