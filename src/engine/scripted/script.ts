/**
 * What a scripted engine does. Tests hand it over as an object, or lay it on disk for a host to find:
 * `<sessionsRoot>/scripted/<id>.json`, else `<sessionsRoot>/scripted/all.json`, else the defaults.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionId } from '../../session/id.ts';
import type { EngineEvent, GoneCause, ProbeReport } from '../engine.ts';

export interface ScriptStep {
  /** Milliseconds after the step before it. */
  readonly after: number;
  readonly event?: EngineEvent;
  /** The phone unlinks the device: the login goes, `logged_out` is emitted. */
  readonly unlink?: true;
  /** From now on no probe answers. */
  readonly hang?: true;
  /** Emitted by the client, for its bot to hear. */
  readonly client?: { readonly event: string; readonly args?: readonly unknown[] };
  /** The whole process ends, as a host that crashes does. */
  readonly exit?: number;
}

export interface Script {
  /** Milliseconds until `start` settles; default 0. */
  readonly start?: number;
  /** What becomes of the start; default `succeed`. */
  readonly outcome?: 'succeed' | 'hang' | { readonly fail: GoneCause };
  /** Milliseconds until somebody scans the QR; default null: nobody does. */
  readonly scan?: number | null;
  /** Milliseconds between two QRs; default 20 s. */
  readonly qr?: number;
  /** Milliseconds from a login to `ready`; default 0, null: never. */
  readonly sync?: number | null;
  /** What happens after `ready`. */
  readonly steps?: readonly ScriptStep[];
  /** What probes answer, over a page that is well; `silent`: nothing, until their deadline. */
  readonly probe?: Partial<ProbeReport> | 'silent';
  /** How closing goes; default `clean`. */
  readonly close?: 'clean' | 'hang';
  /** Spawns a tiny process that stands in for the browser. */
  readonly browser?: boolean;
  readonly phone?: string;
}

/** One script for every launch, or one for each; the last of them repeats. */
export type ScriptFile = Script | { readonly launches: readonly Script[] };

export function scriptOf(file: ScriptFile, launch: number): Script {
  if (!('launches' in file)) return file;
  return file.launches[Math.min(launch, file.launches.length - 1)] ?? {};
}

export async function readScript(sessionsRoot: string, session: SessionId): Promise<ScriptFile> {
  for (const name of [session, 'all']) {
    const path = join(sessionsRoot, 'scripted', `${name}.json`);
    const text = await readFile(path, 'utf8').catch(() => null);
    if (text !== null) return JSON.parse(text) as ScriptFile;
  }
  return {};
}
