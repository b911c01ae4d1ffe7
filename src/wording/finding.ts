/** What `vigil doctor` found of one thing. */
export interface Finding {
  readonly name: string;
  readonly verdict: 'good' | 'warning' | 'bad';
  /** One sentence or a few words. Never a secret. */
  readonly found: string;
  /** How to mend it; null when there is nothing to mend. */
  readonly remedy: string | null;
}

export const good = (name: string, found: string): Finding => ({
  name,
  verdict: 'good',
  found,
  remedy: null,
});

export const warning = (name: string, found: string, remedy: string): Finding => ({
  name,
  verdict: 'warning',
  found,
  remedy,
});

export const bad = (name: string, found: string, remedy: string): Finding => ({
  name,
  verdict: 'bad',
  found,
  remedy,
});
