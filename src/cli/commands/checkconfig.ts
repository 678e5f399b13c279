/** lxc-checkconfig: does this kernel, or the one whose configuration CONFIG names, have what containers need? */

import { LxcError } from '../../base/error.ts';
import { version } from '../../base/version.ts';
import { type ConfigFile, findConfig, readKernelFacts, usualConfig } from '../../host/kernel-config.ts';
import { kernelReport, type Line, type Section, type Status } from '../../run/kernel-report.ts';
import type { Session } from '../../run/session.ts';
import type { Command, Invocation } from '../command.ts';
import { format, jsonText } from '../format.ts';

export const checkconfig: Command = {
  name: 'lxc-checkconfig',
  summary: 'Check what the kernel offers to containers',
  named: false,
  options: [format],
  run(invocation, session) {
    const asked = session.env.CONFIG === undefined ? usualConfig : session.resolve(session.env.CONFIG);
    const asJson = invocation.get(format) === 'json';
    if (!asJson) session.out(`LXC version ${version}\n`);
    const config = needConfig(asked);
    const facts = readKernelFacts(config.text, session.env.PATH ?? '');
    const sections = kernelReport(facts);
    if (asJson) session.out(jsonText(reportJson(sections, config.path)));
    else {
      session.out(foundText(asked, config.path) + (facts.version === undefined ? noVersion : ''));
      session.out(`\n${reportText(sections, session)}${note(invocation, session)}`);
    }
    return 0;
  },
};

const noVersion = 'WARNING: Unable to detect version from configuration, assuming latest\n\n';

function needConfig(asked: string): ConfigFile {
  const config = findConfig(asked);
  if (config !== undefined) return config;
  throw new LxcError(
    `Failed to find the configuration of the kernel at ${asked}, in /boot and in /lib/modules`,
    {
      hint: 'name its path in the environment as CONFIG, or install the kernel headers',
    },
  );
}

function foundText(asked: string, found: string): string {
  if (asked === found) return '';
  return `Kernel configuration not found at ${asked}; searching...\nKernel configuration found at ${found}\n`;
}

function note(invocation: Invocation, { argv }: Session): string {
  const self = argv[0] ?? invocation.program;
  return `\nNote : Before booting a new kernel, you can check its configuration\nusage : CONFIG=/path/to/config ${self}\n\n`;
}

export function reportText(sections: readonly Section[], { isatty }: Pick<Session, 'isatty'>): string {
  const paint = isatty.stdout ? coloured : plain;
  return sections
    .map(({ title, lines }) => `--- ${title} ---\n${lines.map((line) => lineText(line, paint)).join('')}`)
    .join('\n');
}

function lineText(line: Line, paint: (status: Status) => string): string {
  switch (line.kind) {
    case 'check':
      return `${line.label}: ${paint(line.status)}${loadedText(line.loaded)}\n`;
    case 'paths':
      return `${line.label}: \n${line.paths.map((path) => ` - ${path}\n`).join('')}`;
    case 'warning':
      return `${line.text}\n`;
  }
}

function loadedText(loaded: boolean | undefined): string {
  if (loaded === undefined) return '';
  return loaded ? ', loaded' : ', not loaded';
}

function plain(status: Status): string {
  return status;
}

const colours = { enabled: 32, missing: 33, required: 31 } as const;

function coloured(status: Status): string {
  return `\x1b[1;${colours[status]}m${status}\x1b[0;39m`;
}

export function reportJson(sections: readonly Section[], config: string): object {
  return {
    version,
    config,
    sections: sections.map(({ title, lines }) => ({
      title,
      checks: lines.filter((line) => line.kind === 'check').map(({ kind: _, ...check }) => check),
      ...Object.fromEntries(
        lines.filter((line) => line.kind === 'paths').map(({ label, paths }) => [camel(label), paths]),
      ),
      warnings: lines.filter((line) => line.kind === 'warning').map(({ text }) => text),
    })),
  };
}

/** `Cgroup v1 mount points` as a JSON key: `cgroupV1MountPoints`. */
function camel(label: string): string {
  return label
    .split(' ')
    .map((word, at) => (at === 0 ? word.toLowerCase() : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');
}
