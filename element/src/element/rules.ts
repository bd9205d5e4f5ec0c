/**
 * What the values of options may be. A rule gives back what can be used of a value and tells of the rest; what it
 * cannot use at all it leaves out, as if the page had not said it. It throws at nothing, whatever the page hands over.
 */

/** A value the page gave that cannot be used: where, what it was, and what is allowed there. */
export interface WrongValue {
  readonly path: string;
  readonly given: string;
  readonly allowed: string;
}

/** An option the page gave that does not exist. */
export interface UnknownOption {
  readonly path: string;
  readonly allowed: readonly string[];
}

/** Who hears of what is wrong. */
export interface Findings {
  readonly wrong: WrongValue[];
  readonly unknown: UnknownOption[];
}

export type Rule = (value: unknown, path: string, findings: Findings) => unknown;

const LONGEST = 80;

/** What was given, short enough for a message. */
export function described(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol' || typeof value === 'bigint') return String(value);
  try {
    const text = JSON.stringify(value) ?? 'undefined';
    return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function rule(allowed: string, fits: (value: unknown) => boolean): Rule {
  return (value, path, { wrong }) => {
    if (fits(value)) return value;
    wrong.push({ path, given: described(value), allowed });
    return undefined;
  };
}

export const text = rule('a text', (value) => typeof value === 'string');
export const filled = rule('a text that is not empty', (value) => typeof value === 'string' && value !== '');
export const flag = rule('true or false', (value) => typeof value === 'boolean');
export const callback = rule('a function', (value) => typeof value === 'function');
export const anything: Rule = (value) => value;
export const record = rule('an object', isObject);

export function oneOf(...values: readonly (string | number)[]): Rule {
  return rule(values.map(described).join(', '), (value) => values.includes(value as string));
}

export function numberIn(least: number, most: number): Rule {
  const fits = (value: unknown) => typeof value === 'number' && value >= least && value <= most;
  return rule(most === Infinity ? `a number from ${least}` : `a number from ${least} to ${most}`, fits);
}

export function matching(allowed: string, fits: (value: string) => boolean): Rule {
  return rule(allowed, (value) => typeof value === 'string' && fits(value));
}

/** The first that takes the value; where none does, `allowed` says what would have been. */
export function either(allowed: string, ...rules: readonly Rule[]): Rule {
  return (value, path, findings) => {
    for (const attempt of rules) {
      const tried: Findings = { wrong: [], unknown: [] };
      const usable = attempt(value, path, tried);
      if (usable === undefined) continue;
      findings.wrong.push(...tried.wrong);
      findings.unknown.push(...tried.unknown);
      return usable;
    }
    findings.wrong.push({ path, given: described(value), allowed });
    return undefined;
  };
}

export function orNull(inner: Rule): Rule {
  return (value, path, findings) => (value === null ? null : inner(value, path, findings));
}

/** A list; entries that cannot be used are left out. */
export function list(entry: Rule): Rule {
  return (value, path, findings) => {
    if (!Array.isArray(value)) {
      findings.wrong.push({ path, given: described(value), allowed: 'a list' });
      return undefined;
    }
    const usable = value.map((inner: unknown, index) => entry(inner, `${path}[${index}]`, findings));
    return usable.filter((inner) => inner !== undefined);
  };
}

/** An object with these fields and no others; without one that it needs it cannot be used. */
export function fields(rules: Readonly<Record<string, Rule>>, needed: readonly string[] = []): Rule {
  const allowed = Object.keys(rules);
  return (value, path, findings) => {
    if (!isObject(value)) {
      findings.wrong.push({ path, given: described(value), allowed: `an object with ${allowed.join(', ')}` });
      return undefined;
    }
    const entries = Object.entries(value).flatMap(([key, inner]) => {
      const below = path === '' ? key : `${path}.${key}`;
      const own = Object.hasOwn(rules, key) ? rules[key] : undefined;
      if (inner === undefined) return [];
      if (!own) {
        findings.unknown.push({ path: below, allowed });
        return [];
      }
      const usable = own(inner, below, findings);
      return usable === undefined ? [] : [[key, usable]];
    });
    const usable = Object.fromEntries(entries) as Record<string, unknown>;
    const missing = needed.filter((key) => !(key in usable));
    for (const key of missing) {
      if (value[key] === undefined) findings.wrong.push({ path: `${path}.${key}`, given: 'nothing', allowed: 'a value: it is needed' });
    }
    return missing.length > 0 ? undefined : usable;
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
