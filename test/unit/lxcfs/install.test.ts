/** What `lxcfs install` decides, without a file touched: JSON of others, and what is whose. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { integrations } from '../../../src/lxcfs/install/integrations.ts';
import { removeMember, setMember } from '../../../src/lxcfs/install/json-text.ts';
import { planInstall, planUninstall, type Step, type World } from '../../../src/lxcfs/install/plan.ts';

const project = join(import.meta.dirname, '../../..');

/** A machine with these files. */
function worldWith(files: Readonly<Record<string, string>>, bin = '/opt/lxc-ts/bin'): World {
  return {
    bin,
    root: '',
    read: (path) => files[path],
    exists: (path) => Object.keys(files).some((file) => file.startsWith(path)),
    source: (name) => readFileSync(join(project, 'configs', name), 'utf8'),
  };
}

function only(steps: readonly Step[]): Step {
  const [step, ...more] = steps;
  if (step === undefined || more.length > 0) throw new Error(`${steps.length} steps`);
  return step;
}

const integration = (name: string) => {
  const found = integrations[name];
  if (found === undefined) throw new Error(`no integration ${name}`);
  return found;
};
const installed = (name: string, world: World) => only(planInstall(integration(name), world));
const gone = (name: string, world: World) => only(planUninstall(integration(name), world));

describe('A member of a JSON text', () => {
  const name = fc.string({ maxLength: 6 });
  const object = fc.dictionary(name, fc.jsonValue());

  test('is set, and everything else stays', () => {
    const path = fc.array(name, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(object, path, fc.jsonValue(), fc.nat(4), (old, [first = '', ...more], value, indent) => {
        fc.pre(first !== '__proto__' && !more.includes('__proto__') && !(first in old));
        const text = JSON.stringify(old, null, indent);
        const whole = more.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
        const set = setMember(text, [first, ...more], value);
        expect(JSON.parse(set)).toEqual(JSON.parse(JSON.stringify({ ...old, [first]: whole })));
        expect(removeMember(set, [first, ...more])).toBe(text);
      }),
    );
  });

  test('is replaced where it is', () => {
    fc.assert(
      fc.property(object, name, fc.jsonValue(), fc.jsonValue(), fc.nat(4), (old, key, one, other, indent) => {
        fc.pre(key !== '__proto__');
        const text = JSON.stringify({ ...old, [key]: one }, null, indent);
        const set = setMember(text, [key], other);
        expect(JSON.parse(set)).toEqual(JSON.parse(JSON.stringify({ ...old, [key]: other })));
        expect(Object.keys(JSON.parse(set))).toEqual(Object.keys(JSON.parse(text)));
      }),
    );
  });

  test('that is not there is removed without a change', () => {
    expect(removeMember('{"a": {"b": 1}}', ['a', 'c'])).toBe('{"a": {"b": 1}}');
    expect(removeMember('{"a": 1}', ['b', 'c'])).toBe('{"a": 1}');
  });

  test.each([
    ['{}', '{\n  "a": {\n    "b": 1\n  }\n}'],
    ['{ "x" : [ 1, {"y":"}\\""} ] }', '{ "x" : [ 1, {"y":"}\\""} ], "a": {"b":1} }'],
    ['{\n\t"x": 1\n}\n', '{\n\t"x": 1,\n\t"a": {\n\t\t"b": 1\n\t}\n}\n'],
    ['{\n    "a": {}\n}', '{\n    "a": {\n        "b": 1\n    }\n}'],
    ['{\n    "a": {"c": 1}\n}', '{\n    "a": {"c": 1,"b": 1}\n}'],
  ])('goes into %j in the manner of the text', (text, expected) => {
    expect(setMember(text, ['a', 'b'], 1)).toBe(expected);
  });
});

describe('lxcfs install docker', () => {
  const path = '/etc/docker/daemon.json';
  const entry = { path: '/opt/lxc-ts/bin/lxcfs-runc' };
  const withFile = (text: string) => worldWith({ [path]: text });

  test('writes a daemon.json where there is none, and removes it again', () => {
    const { text = '' } = installed('docker', worldWith({}));
    expect(JSON.parse(text)).toEqual({ runtimes: { lxcfs: entry }, 'default-runtime': 'lxcfs' });
    expect(text.endsWith('}\n')).toBe(true);
    expect(installed('docker', withFile(text)).outcome).toBe('unchanged');
    expect(gone('docker', withFile(text))).toMatchObject({ path, outcome: 'removed' });
    expect(gone('docker', worldWith({})).outcome).toBe('absent');
  });

  const admins = `{
    "insecure-registries" : ["one", "two"],
    "max-concurrent-downloads": 12345678901234567890,
    "runtimes": { "nvidia": { "path": "nvidia-container-runtime", "runtimeArgs": [] } }
}
`;

  test('leaves every byte of an existing one, and gives it back as it was', () => {
    const { text = '' } = installed('docker', withFile(admins));
    for (const line of admins.split('\n').slice(0, 3)) expect(text).toContain(line);
    expect(JSON.parse(text).runtimes).toEqual({ ...JSON.parse(admins).runtimes, lxcfs: entry });
    expect(JSON.parse(text)['default-runtime']).toBe('lxcfs');
    expect(gone('docker', withFile(text)).text).toBe(admins);
  });

  test('does not take the place of a default that somebody chose', () => {
    const chosen = admins.replace('{\n', '{\n    "default-runtime": "nvidia",\n');
    const step = installed('docker', withFile(chosen));
    expect(step.note).toBe('the default stays nvidia: docker run --runtime lxcfs');
    expect(JSON.parse(step.text ?? '')['default-runtime']).toBe('nvidia');
    expect(gone('docker', withFile(step.text ?? '')).text).toBe(chosen);
  });

  test('follows the package to another place', () => {
    const { text = '' } = installed('docker', withFile(admins));
    const moved = installed('docker', worldWith({ [path]: text }, '/usr/lib/lxc-ts/bin')).text ?? '';
    expect(moved).toBe(text.replace('/opt/lxc-ts', '/usr/lib/lxc-ts'));
  });

  test.each([
    ['{', 'Failed to read /etc/docker/daemon.json: '],
    ['[]', 'Failed to add a runtime to /etc/docker/daemon.json: it is not what Docker reads'],
    ['{"runtimes":null}', 'Failed to add a runtime to /etc/docker/daemon.json: it is not what Docker reads'],
    [
      '{"runtimes":{"lxcfs":{"path":"/usr/bin/other"}}}',
      "Failed to add the runtime lxcfs to /etc/docker/daemon.json: somebody else's has that name",
    ],
  ])('refuses %j', (text, message) => {
    expect(() => installed('docker', withFile(text))).toThrow(message);
  });

  test("removes nothing of somebody else's", () => {
    const text = '{"runtimes":{"lxcfs":{"path":"/usr/bin/other"}},"default-runtime":"lxcfs"}';
    expect(gone('docker', withFile(text)).outcome).toBe('unchanged');
  });
});

describe.each(['podman', 'cdi'])('lxcfs install %s', (name) => {
  const { text = '', path } = installed(name, worldWith({}));

  test('writes JSON that names the helper', () => {
    expect(JSON.stringify(JSON.parse(text))).toContain('"path":"/opt/lxc-ts/bin/lxc-ts"');
    const odd = worldWith({}, '/opt/a "b" $& \\c');
    expect(JSON.stringify(JSON.parse(installed(name, odd).text ?? ''))).toContain(
      JSON.stringify('/opt/a "b" $& \\c/lxc-ts'),
    );
  });

  test('knows its own file again, and no other', () => {
    expect(installed(name, worldWith({ [path]: text })).outcome).toBe('unchanged');
    expect(gone(name, worldWith({ [path]: text })).outcome).toBe('removed');
    expect(gone(name, worldWith({ [path]: '{}' })).outcome).toBe('kept');
    expect(() => installed(name, worldWith({ [path]: '{}' }))).toThrow(
      `Failed to write ${path}: it is there, and somebody else wrote it`,
    );
  });
});
