/** lxc-doctor: what on this machine keeps containers from working, and what to do about it. */

import { doctor } from '../../run/doctor.ts';
import type { Finding } from '../../run/examine.ts';
import type { Command } from '../command.ts';
import { format, jsonText } from '../format.ts';

export const doctorCommand: Command = {
  name: 'lxc-doctor',
  summary: 'Find what keeps containers from working, with its cure',
  named: false,
  options: [format],
  async run(invocation, session) {
    const findings = await doctor(session, invocation.lxcpath);
    const text = invocation.get(format) === 'json' ? jsonText(findings) : findings.map(findingText).join('');
    session.out(text);
    return findings.some(({ severity }) => severity === 'bad') ? 1 : 0;
  },
};

function findingText({ check, severity, finding, cure }: Finding): string {
  const next = cure === undefined ? '' : `${' '.repeat(21)}-> ${cure}\n`;
  return `${severity.padEnd(8)} ${check.padEnd(11)} ${finding}\n${next}`;
}
