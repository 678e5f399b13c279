/**
 * Our runtime in Docker's daemon.json, which is the administrator's: one entry of `runtimes`, and the default where none
 * is chosen yet.
 */

import { LxcError } from '../../base/error.ts';
import { removeMember, setMember } from './json-text.ts';
import type { Part } from './plan.ts';

const name = 'lxcfs';
const wrapper = '/lxcfs-runc';

interface Settings {
  readonly runtime: unknown;
  readonly chosen: unknown;
}

export const dockerRuntime: Part = {
  add(path, old, bin) {
    const text = old ?? '{}\n';
    const { runtime, chosen } = read(path, text);
    if (runtime !== undefined && !isOurs(runtime))
      throw new LxcError(`Failed to add the runtime ${name} to ${path}: somebody else's has that name`, {
        hint: 'give that one another name',
      });
    const entry = { path: `${bin}${wrapper}` };
    const same = JSON.stringify(runtime) === JSON.stringify(entry);
    const added = same ? text : setMember(text, ['runtimes', name], entry);
    if (chosen === undefined) return { text: setMember(added, ['default-runtime'], name) };
    if (chosen === name) return { text: added };
    return { text: added, note: `the default stays ${String(chosen)}: docker run --runtime ${name}` };
  },
  remove(path, old) {
    const { runtime, chosen } = read(path, old);
    if (!isOurs(runtime)) return { text: old };
    const text = chosen === name ? removeMember(old, ['default-runtime']) : old;
    const rest = removeMember(text, ['runtimes', name]);
    return { text: Object.keys(JSON.parse(rest)).length === 0 ? undefined : rest };
  },
};

function isOurs(runtime: unknown): boolean {
  return isRecord(runtime) && typeof runtime.path === 'string' && runtime.path.endsWith(wrapper);
}

function read(path: string, text: string): Settings {
  const settings = parse(path, text);
  const runtimes = isRecord(settings) ? (settings.runtimes ?? {}) : undefined;
  if (!isRecord(settings) || !isRecord(runtimes) || settings.runtimes === null)
    throw new LxcError(`Failed to add a runtime to ${path}: it is not what Docker reads`, {
      hint: `dockerd --validate --config-file ${path}`,
    });
  return { runtime: runtimes[name], chosen: settings['default-runtime'] };
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LxcError(`Failed to read ${path}: ${reason}`, { hint: 'mend it first', cause: error });
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
