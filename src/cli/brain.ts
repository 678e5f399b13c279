/**
 * The brain, run by boot.ts. The helper starts it as `--daemon` (listening socket on fd 3) or `--cold` (one client on
 * fd 3), the build as `--rehearse`; nobody else does.
 */

import { buildId } from '../base/build.ts';
import type { EndSession, Offer } from '../run/connection.ts';
import type { Exit, Session } from '../run/session.ts';
import { main } from './main.ts';

const defaultIdleSeconds = 60;

const service: Offer = {
  buildId,
  command: (session: Session): Promise<Exit> => main(session),
  end: async (session: EndSession): Promise<Exit> => (await import('../run/end.ts')).end(session),
};

async function start(mode: string | undefined): Promise<void> {
  if (mode === '--daemon') {
    const { daemon } = await import('../run/daemon.ts');
    daemon(service, Number(process.env.LXC_TS_DAEMON_IDLE) || defaultIdleSeconds);
  } else if (mode === '--cold' || mode === '--rehearse') {
    const { cold } = await import('../run/cold.ts');
    await cold(service);
  } else {
    process.stderr.write('lxc.cjs is started by the lxc commands in bin; try bin/lxc --help\n');
    process.exitCode = 1;
  }
}

void start(process.argv[2]);
