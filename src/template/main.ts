/** The templates that are programs of ours: `templates/run WHICH ARGUMENT...` starts this. */

import { LxcError } from '../base/error.ts';
import { download, downloadHelp } from './download.ts';
import { oci, ociHelp } from './oci.ts';
import { complaint } from './report.ts';
import { endOnSignals } from './tools.ts';

interface Template {
  readonly help: string;
  readonly run: (args: readonly string[]) => Promise<void>;
}

const templates: Readonly<Record<string, Template>> = {
  download: { help: downloadHelp, run: download },
  oci: { help: ociHelp, run: oci },
};

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const template = templates[name];
  if (template === undefined) throw new LxcError(`There is no template ${name}`);
  if (args.includes('-h') || args.includes('--help')) {
    process.stdout.write(template.help);
    return 0;
  }
  endOnSignals();
  try {
    await template.run(args);
    return 0;
  } catch (error) {
    process.stderr.write(complaint(name, error));
    return error instanceof LxcError ? error.exit : 1;
  }
}

// At once: a connection to a server that never answers would keep the process for a while.
void main(process.argv.slice(2)).then((status) => process.exit(status));
