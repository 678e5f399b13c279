/** What `npm install` makes of the package: commands that work, and a module with types. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../system/harness/commands.ts';
import { command, node, program, project } from './installed.ts';

const installed = join(program, 'node_modules/lxc-ts');

test('Every command is there and tells its version', async () => {
  const { bin, version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  for (const name of Object.keys(bin).filter((one) => !/^lxcfs-|^lxcd$|^lxc-user-nic$/.test(one)))
    expect(await command(name, ['--version']), name).toEqual({
      stdout: `${version}\n`,
      stderr: '',
      status: 0,
    });
});

test('The commands create, start, look at, attach to and destroy a container', async () => {
  const name = 'packed';
  const steps: readonly (readonly [string, readonly string[]])[] = [
    ['lxc-create', ['-n', name, '-t', 'busybox', '-f', '/dev/null']],
    ['lxc-start', ['-n', name]],
    ['lxc-attach', ['-n', name, '--', 'hostname']],
    ['lxc-info', ['-n', name, '-s', '-H']],
    ['lxc-stop', ['-n', name, '-k']],
    ['lxc-destroy', ['-n', name]],
  ];
  const said: string[] = [];
  for (const [verb, args] of steps) {
    const done = await command(verb, args);
    expect(done, verb).toMatchObject({ stderr: '', status: 0 });
    said.push(done.stdout);
  }
  expect(said.slice(2, 4)).toEqual(['packed\n', 'RUNNING\n']);
});

test('The helper is static: a machine without a compiler can use it', () => {
  const bytes = readFileSync(join(installed, 'bin/lxc-ts'));
  expect(bytes.subarray(0, 4).toString('latin1')).toBe('\u007fELF');
  expect(bytes.includes('ld-linux')).toBe(false);
  expect(bytes.includes('ld-musl')).toBe(false);
});

test('The module is imported, also by require, and has what its types say', async () => {
  const names = "console.log(Object.keys(m).sort().join(' '))";
  const imported = await node(['--input-type=module', '-e', `import * as m from 'lxc-ts'; ${names}`]);
  expect(imported).toMatchObject({ stderr: '', status: 0 });
  expect(imported.stdout).toContain('Container ExecError LxcError');
  const required = await node(['--input-type=commonjs', '-e', `const m = require('lxc-ts'); ${names}`]);
  expect(required.stdout).toBe(imported.stdout);
});

test('A program in strict TypeScript compiles against it', async () => {
  const text = `import { Container, LxcError, list, type ExecResult } from 'lxc-ts';
const box: Container = Container.at('foo', { lxcpath: '/tmp' });
const result: ExecResult = await box.exec(['true']);
const text: string = result.stdout;
const bytes: Buffer = (await box.exec(['true'], { encoding: 'buffer' })).stdout;
// @ts-expect-error no such key
await box.config.set('lxc.utsname', 'foo');
await box.config.set('lxc.net.0.type', 'veth');
try { await box.start(); } catch (error) { if (error instanceof LxcError && error.code === 'NOT_DEFINED') throw error; }
export const all = [text, bytes, ...(await list()).map(({ name }) => name)];
`;
  writeFileSync(join(program, 'check.ts'), text);
  const compilerOptions = {
    ...{ strict: true, module: 'nodenext', target: 'es2024', lib: ['es2024', 'esnext.disposable'] },
    ...{ noEmit: true, exactOptionalPropertyTypes: true, skipLibCheck: false, types: ['node'] },
    typeRoots: [join(project, 'node_modules/@types')],
  };
  writeFileSync(join(program, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['check.ts'] }));
  const compiler = join(project, 'node_modules/typescript/bin/tsc');
  const done = await run(process.execPath, [compiler, '-p', program], { timeoutMs: 100_000 });
  expect(done.stdout + done.stderr).toBe('');
});

test('The package has what it needs and nothing of the tests', () => {
  const top = readdirSync(installed).sort();
  expect(top).toEqual(
    expect.arrayContaining([
      ...['LICENSE', 'README.md', 'bin', 'completions', 'configs', 'dist', 'man', 'templates'],
    ]),
  );
  for (const name of ['test', 'src', 'bench', 'build', 'scripts']) expect(top).not.toContain(name);
});
