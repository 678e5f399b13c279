/** Values that describe the container's process and its log: environment, architecture, levels, buffer sizes. */

import { bad, choice, pick, size } from '../codec.ts';
import type { Codec } from '../row.ts';

/** `value` is `undefined` where the caller's environment should have given one and did not. */
export interface Variable {
  readonly name: string;
  readonly value: string | undefined;
}

/** `NAME=VALUE`, or `NAME` alone to take the value of the caller. */
export const variable: Codec<Variable> = {
  form: 'NAME[=VALUE]',
  parse(value) {
    const equals = value.indexOf('=');
    const name = equals < 0 ? value : value.slice(0, equals);
    if (name === '') throw bad('the name of the variable is empty');
    return { name, value: equals < 0 ? undefined : value.slice(equals + 1) };
  },
  show: ({ name, value }) => (value === undefined ? name : `${name}=${value}`),
  resolve(value, io) {
    const inherited = value.includes('=') ? undefined : io.env(value);
    return inherited === undefined ? value : `${value}=${inherited}`;
  },
  lint: (value) => (value.includes('=') ? undefined : `${value} is not set in the environment of the caller`),
};

const narrow = [
  'arm',
  'armel',
  'armhf',
  'armv7l',
  'athlon',
  'i386',
  'i486',
  'i586',
  'i686',
  'linux32',
  'mips',
  'mipsel',
  'powerpc',
  'ppc',
  'x32',
  'x86',
] as const;

const wide = [
  'aarch64',
  'amd64',
  'arm64',
  'linux64',
  'loong64',
  'loongarch64',
  'mips64',
  'mips64el',
  'powerpc64',
  'ppc64',
  'ppc64el',
  'ppc64le',
  'riscv64',
  's390x',
  'x86_64',
] as const;

/** What personality(2) is told: 32 or 64 bits. */
export interface Architecture {
  readonly name: (typeof narrow)[number] | (typeof wide)[number];
  readonly bits: 32 | 64;
}

export const architecture: Codec<Architecture> = {
  form: 'ARCHITECTURE',
  choices: [...narrow, ...wide],
  parse(value) {
    const name = pick(value, [...narrow, ...wide]);
    return { name, bits: narrow.some((one) => one === name) ? 32 : 64 };
  },
  show: ({ bits }) => (bits === 32 ? 'i686' : 'x86_64'),
};

export const logLevels = [
  'TRACE',
  'DEBUG',
  'INFO',
  'NOTICE',
  'WARN',
  'ERROR',
  'CRIT',
  'ALERT',
  'FATAL',
] as const;
export type LogLevel = (typeof logLevels)[number];

export const logLevel: Codec<LogLevel> = {
  form: 'LEVEL',
  choices: logLevels,
  parse(value) {
    const numbered = /^[0-9]$/.test(value) ? logLevels[Number(value)] : undefined;
    return numbered ?? pick(value.toUpperCase(), logLevels);
  },
  show: (value) => value,
};

export const syslogFacility = choice(
  'daemon',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
);

const pageBytes = 4096;
const autoBytes = 131_072;

/** The console's buffer and log file grow by doubling, so their sizes are powers of two from one page up. */
export const consoleSize: Codec<number> = {
  form: 'SIZE|auto',
  parse(value) {
    if (value === 'auto') return autoBytes;
    const bytes = size.parse(value);
    if (bytes === 0) return 0;
    return 2 ** Math.ceil(Math.log2(Math.max(bytes, pageBytes)));
  },
  show: String,
  lint: (value) => size.lint?.(value),
};

/** A path below the cgroup of LXC: it can neither start at the root nor climb. */
export const cgroupPath: Codec<string> = {
  form: 'RELATIVEPATH',
  parse(value) {
    if (value.startsWith('/')) throw bad('it is an absolute path', 'write it relative to the cgroup of LXC');
    if (value.split('/').includes('..')) throw bad('it contains ".."');
    return value.replace(/\/+$/, '');
  },
  show: (value) => value,
};

export const cgroupName: Codec<string> = {
  form: 'NAME',
  parse(value) {
    if (value.includes('/') || value === '.' || value === '..')
      throw bad('it is not the name of one directory');
    return value;
  },
  show: (value) => value,
};

const sharedAbsolute = /^\//;
const sharedPid = /^[0-9]+$/;

/** Whose namespace a container enters. */
export type NamespaceSource =
  | { readonly kind: 'pid'; readonly pid: number }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'container'; readonly name: string };

export const namespaceSource: Codec<NamespaceSource> = {
  form: 'PID|NAME|PATH',
  parse(value) {
    if (sharedPid.test(value)) return { kind: 'pid', pid: Number(value) };
    if (sharedAbsolute.test(value)) return { kind: 'path', path: value };
    if (value.includes('/'))
      throw bad('it is neither a pid nor the name of a container nor an absolute path');
    return { kind: 'container', name: value };
  },
  show: (value) => ('pid' in value ? `${value.pid}` : value.kind === 'path' ? value.path : value.name),
};
