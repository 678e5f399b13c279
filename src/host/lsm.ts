/** The host's security modules: whether they are on, and what AppArmor can do. */

import { existsSync } from 'node:fs';
import type { Grounds } from '../base/grounds.ts';
import { textIfReadable } from '../base/text-file.ts';
import type { Config } from '../config/index.ts';
import { defaultProfile, profilePlace } from '../plan/lsm/apparmor.ts';
import type { AppArmorFacts, LsmFacts } from '../plan/lsm/facts.ts';
import type { StartRequest } from '../plan/request.ts';

interface Modules {
  readonly appArmor: boolean;
  readonly seLinux: boolean;
}

let modules: Modules | undefined;

/** What cannot change while the kernel runs is read once. */
function loadedModules(): Modules {
  modules ??= {
    appArmor: (textIfReadable('/sys/module/apparmor/parameters/enabled') ?? '').startsWith('Y'),
    seLinux: existsSync('/sys/fs/selinux/enforce'),
  };
  return modules;
}

export function lsmFacts(config: Config, request: StartRequest, grounds: Grounds): LsmFacts {
  const { appArmor, seLinux } = loadedModules();
  return { appArmor: appArmor ? appArmorFacts(config, request, grounds) : undefined, seLinux };
}

const securityFs = '/sys/kernel/security/apparmor';

function appArmorFacts(config: Config, request: StartRequest, grounds: Grounds): AppArmorFacts {
  const own = existsSync('/proc/self/attr/apparmor') ? 'apparmor/' : '';
  const wish = config.value('lxc.apparmor.profile');
  const generates = wish === 'generated' || wish === undefined;
  return {
    attribute: `${own}exec`,
    caller: labelOf(request.pid, `attr/${own}current`, grounds),
    mediatesMounts: grounds.exists(`${securityFs}/features/mount/mask`),
    stacks: grounds.text(`${securityFs}/features/domain/stack`)?.startsWith('yes') ?? false,
    hasDefault: wish === undefined ? hasDefault(grounds) : undefined,
    parser: generates ? findParser(grounds) : undefined,
    generated: generates ? grounds.text(profilePlace(request).file) : undefined,
  };
}

/** Of the caller, who is `self` to those who look again. */
function labelOf(pid: number, file: string, grounds: Grounds): string {
  const text = grounds.text(`/proc/${pid}/${file}`, `/proc/self/${file}`) ?? '';
  return text.replace(/[\0\n]+$/, '').replace(/ \((enforce|complain|kill|mixed|prompt)\)$/, '');
}

/** Lines are `NAME (MODE)`. */
function hasDefault(grounds: Grounds): boolean | undefined {
  const path = `${securityFs}/profiles`;
  const text = textIfReadable(path);
  if (text === undefined) {
    grounds.spoil();
    return undefined;
  }
  const name = defaultProfile(existsSync('/proc/self/ns/cgroup'));
  const line = text.split('\n').find((one) => one.startsWith(`${name} (`));
  if (line === undefined) grounds.spoil();
  else grounds.add({ kind: 'line', path, text: line });
  return line !== undefined;
}

/** Where the package has it; root's programs are not looked for in the caller's PATH. */
const parsers = ['/usr/sbin/apparmor_parser', '/sbin/apparmor_parser', '/usr/bin/apparmor_parser'];

function findParser(grounds: Grounds): string | undefined {
  const found = parsers.find((path) => existsSync(path));
  if (found === undefined) grounds.spoil();
  else grounds.exists(found);
  return found;
}
