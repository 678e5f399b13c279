/** What the service of all containers does when the host boots and when it goes down, by lxc-autostart. */

import { setTimeout as sleep } from 'node:timers/promises';
import { installRoot } from '../base/install.ts';
import { textIfReadable, textIfThere } from '../base/text-file.ts';
import { loadConfig, nodeConfigIo } from '../config/index.ts';
import { type BootSettings, readBootSettings } from '../plan/boot.ts';
import { netSettings } from './lxc-net.ts';
import { systemConfig } from './places.ts';
import type { Session } from './session.ts';

const settingsFile = '/etc/default/lxc';
const autostart = `${installRoot}/bin/lxc-autostart`;

export function bootSettings(): BootSettings {
  return readBootSettings(settingsFile, textIfThere(settingsFile));
}

/** The status of lxc-autostart, which the caller's process becomes. */
export async function bootContainers(session: Session, settings: BootSettings): Promise<number> {
  if (!settings.on) return 0;
  await bridgesUp(session);
  return (await session.spawn({ argv: [autostart, ...settings.start], stdio: 'become' })).status;
}

export async function haltContainers(session: Session, settings: BootSettings): Promise<number> {
  return (await session.spawn({ argv: [autostart, ...settings.stop] })).status;
}

const patience = { turns: 300, milliseconds: 100 } as const;

/** Somebody else may provide the bridge of new containers, and not have done so yet. After a while boot goes on. */
async function bridgesUp(session: Session): Promise<void> {
  const bridges = netSettings().on ? defaultBridges(session) : [];
  for (let turn = 0; turn < patience.turns && !bridges.every(isUp); turn++)
    await sleep(patience.milliseconds, undefined, { signal: session.signal });
}

function defaultBridges(session: Session): readonly string[] {
  const io = nodeConfigIo(session);
  const file = systemConfig(session).values['lxc.default_config'];
  if (file === undefined || textIfThere(file) === undefined) return [];
  return loadConfig(file, io).nets.flatMap((net) => net.value('link') ?? []);
}

const up = 1;

function isUp(bridge: string): boolean {
  return (Number(textIfReadable(`/sys/class/net/${bridge}/flags`) ?? '0') & up) === up;
}
