/**
 * Which test proves which key: it starts a container with the key and looks at what the kernel made of it. The type
 * wants a row for every key; docs/keys.md is generated from the rows; the harness holds each test to its rows
 * (harness/proof.ts), and `npm run test:keys` sees that it fails without the key.
 */

import type { Key } from '../../src/config/index.ts';

export interface Test {
  /** Below test/system, or below test/unit/plan for a plan. */
  readonly file: string;
  readonly title: string;
}

export type Proof =
  | { readonly kind: 'seen'; readonly test: Test }
  /** The kernel of the test host need not have the feature: a plan is looked at, and the words where it is missing. */
  | { readonly kind: 'lacking'; readonly needs: string; readonly plan: Test; readonly test: Test };

function seen(file: string, title: string): Proof {
  return { kind: 'seen', test: { file: `${file}.test.ts`, title } };
}

interface Lacking {
  readonly needs: string;
  readonly plan: readonly [file: string, title: string];
  readonly said: readonly [file: string, title: string];
}

function lacking({ needs, plan, said }: Lacking): Proof {
  const [planFile, planTitle] = plan;
  const [file, title] = said;
  return {
    kind: 'lacking',
    needs,
    plan: { file: `${planFile}.test.ts`, title: planTitle },
    test: { file: `${file}.test.ts`, title },
  };
}

const veth = seen('network', 'A veth is on its bridge, named and addressed as asked');
const scripts = seen(
  'network',
  'Up and down scripts of version 0 get name, section, direction, type and interfaces',
);
const hooks = seen('hooks', 'Every hook of version 0 gets name, section and type as arguments');
const places = seen('cgroups', 'lxc.cgroup.dir.container, monitor and inner name the places');
const clocks = seen('namespaces', 'lxc.time.offset sets the clocks of the container off by that much');
const queues = seen('routed', 'A veth has as many queues as asked, mirrored on the host');
const routes = seen('routed', 'Routes of the configuration lead to the end on the host, on a bridge as well');
const rotated = seen(
  'devices',
  'lxc.console.size and lxc.console.rotate keep the log of the console below a size, and one before it',
);
const proxy = seen('seccomp', 'A proxy decides about calls that notify');
const logged = seen('logs', 'A start that succeeds is logged as well, to a file that lxc.log.file names');
const ids = seen('init', 'lxc.init.uid and lxc.init.gid are the ids of init, without groups');
const vlans = lacking({
  needs: 'CONFIG_BRIDGE_VLAN_FILTERING',
  plan: ['network-kinds', 'replace the one that every port begins with'],
  said: ['routed', 'VLANs of a port are set, or the error names the option'],
});
const ipvlan = lacking({
  needs: 'CONFIG_IPVLAN',
  plan: [
    'network-kinds',
    'of type ipvlan says its mode and isolation, and waits for addresses that are still held',
  ],
  said: ['routed', 'Type ipvlan is made, or the error names CONFIG_IPVLAN'],
});

const started = seen(
  'autostart',
  'lxc-autostart starts in the order that the configurations ask for and waits their delay',
);
/** What a module that is off would do is planned; the log names it. */
function off(needs: string, module: string): (title: string) => Proof {
  const title = `Where ${module} is off a container starts, and one line of the log says what it needs`;
  return (planned) => lacking({ needs, plan: ['lsm/plan', planned], said: ['lsm', title] });
}

const appArmor = off('CONFIG_SECURITY_APPARMOR', 'AppArmor');
const seLinux = off('CONFIG_SECURITY_SELINUX', 'SELinux');

export const proofs: Readonly<Record<Key, Proof>> = {
  'lxc.arch': seen('init', 'lxc.arch sets the personality'),
  'lxc.uts.name': seen('mounts', 'A path without dir: is a directory'),
  'lxc.init.cmd': seen(
    'lifecycle',
    'A foreground start gives the container the terminal of the caller and ends with it',
  ),
  'lxc.init.cwd': seen('init', 'lxc.init.cwd is the working directory of init'),
  'lxc.init.uid': ids,
  'lxc.init.gid': ids,
  'lxc.init.groups': seen('init', 'lxc.init.groups are the supplementary groups of init'),
  'lxc.execute.cmd': seen('execute', 'lxc-execute takes the command from lxc.execute.cmd'),
  'lxc.ephemeral': seen(
    'lifecycle',
    'An ephemeral container is gone when it has stopped, and stays when it reboots',
  ),
  'lxc.signal.halt': seen('lifecycle', 'lxc.signal.halt replaces the halt signal'),
  'lxc.signal.reboot': seen('lifecycle', 'lxc-stop -r sends the reboot signal'),
  'lxc.signal.stop': seen('lifecycle', 'lxc.signal.stop is what lxc-stop -k sends'),
  'lxc.monitor.unshare': seen(
    'hooks',
    'With lxc.monitor.unshare a pre-start hook mounts for the container alone',
  ),
  'lxc.monitor.signal.pdeath': seen(
    'init',
    'Init dies with its monitor by default and not where lxc.monitor.signal.pdeath says another signal',
  ),
  'lxc.environment': seen('init', 'lxc.environment sets variables and takes them from the caller'),
  'lxc.environment.runtime': seen(
    'init',
    'lxc.environment.runtime is for init and attached commands, not for hooks',
  ),
  'lxc.environment.hooks': seen('init', 'lxc.environment.hooks is for the hooks inside, not for init'),

  'lxc.rootfs.path': seen('mounts', 'The root file system is a mount of its own and the old root is gone'),
  'lxc.rootfs.mount': seen('mounts', 'lxc.rootfs.mount is the place where the root is built'),
  'lxc.rootfs.options': seen('mounts', 'lxc.rootfs.options = ro makes the root read-only'),
  'lxc.rootfs.managed': seen('tools', 'lxc-destroy leaves a root file system that is not managed'),
  'lxc.mount.entry': seen('mounts', 'lxc.mount.entry binds a directory, read-only, and makes the target'),
  'lxc.mount.fstab': seen(
    'mounts',
    'lxc.mount.fstab is mounted before the entries and knows escapes and comments',
  ),
  'lxc.mount.auto': seen('mounts', 'lxc.mount.auto = proc protects /proc/sys and /proc/sysrq-trigger'),
  'lxc.autodev': seen('devices', 'lxc.autodev = 0 leaves /dev of the root file system'),
  'lxc.autodev.tmpfs.size': seen('devices', 'lxc.autodev.tmpfs.size is the size of /dev'),

  'lxc.tty.max': seen('devices', 'lxc.tty.max gives terminals under /dev'),
  'lxc.tty.dir': seen('devices', 'lxc.tty.dir keeps the terminals in a directory, with links'),
  'lxc.pty.max': seen('devices', 'lxc.pty.max gives a devpts of its own with so many terminals'),
  'lxc.console.path': seen('devices', 'lxc.console.path = none gives no console'),
  'lxc.console.logfile': seen('devices', 'lxc.console.logfile keeps what init prints'),
  'lxc.console.buffer.size': seen(
    'devices',
    'lxc.console.buffer.size keeps what the console showed, for those who ask',
  ),
  'lxc.console.size': rotated,
  'lxc.console.rotate': rotated,

  'lxc.cgroup': seen('clearing', 'lxc.cgroup clears the files of cgroup v1'),
  'lxc.cgroup.<file>': seen('cgroups', 'Limits of the config are in the files of the kernel'),
  'lxc.cgroup2': seen('clearing', 'lxc.cgroup2 clears the files of cgroup v2'),
  'lxc.cgroup2.<file>': seen(
    'cgroups',
    'Keys of cgroup2 limit through the legacy controllers of a hybrid host',
  ),
  'lxc.cgroup.dir': seen('cgroups', 'lxc.cgroup.dir puts payload and monitor below a directory'),
  'lxc.cgroup.dir.container': places,
  'lxc.cgroup.dir.monitor': places,
  'lxc.cgroup.dir.container.inner': places,
  'lxc.cgroup.dir.monitor.pivot': seen(
    'cgroups',
    'lxc.cgroup.dir.monitor.pivot is where the monitor goes at its end',
  ),
  'lxc.cgroup.relative': seen('cgroups', 'lxc.cgroup.relative makes the cgroups below the one of the caller'),
  'lxc.prlimit': seen('clearing', 'lxc.prlimit clears the limits of init'),
  'lxc.prlimit.<name>': seen('init', 'lxc.prlimit sets soft and hard limits'),
  'lxc.sysctl': seen('clearing', 'lxc.sysctl clears the kernel parameters'),
  'lxc.sysctl.<name>': seen('init', 'lxc.sysctl writes below /proc/sys inside'),
  'lxc.proc': seen('clearing', 'lxc.proc clears the files of init'),
  'lxc.proc.<name>': seen('init', 'lxc.proc writes files of init'),

  'lxc.idmap': seen('idmap', 'A container with lxc.idmap is root inside and nobody outside'),
  'lxc.namespace.clone': seen('namespaces', 'lxc.namespace.clone makes exactly those'),
  'lxc.namespace.keep': seen('namespaces', 'lxc.namespace.keep keeps those of the caller'),
  'lxc.namespace.share.<namespace>': seen(
    'namespaces',
    'lxc.namespace.share takes a namespace of another container by name, pid or path',
  ),
  'lxc.time.offset.boot': clocks,
  'lxc.time.offset.monotonic': clocks,

  'lxc.cap.drop': seen('init', 'lxc.cap.drop takes capabilities out of every set'),
  'lxc.cap.keep': seen('init', 'lxc.cap.keep leaves only what it names'),
  'lxc.no_new_privs': seen('init', 'lxc.no_new_privs is set before init runs'),
  'lxc.keyring.session': seen(
    'init',
    'lxc.keyring.session = 1 leaves init the session keyring of the caller',
  ),
  'lxc.sched.core': lacking({
    needs: 'CONFIG_SCHED_CORE',
    plan: [
      'start',
      'lxc.sched.core makes the container share its processors with nobody, before anything else',
    ],
    said: [
      'sched-core',
      'A container that shares no processor starts and is attached to, or the option that the kernel lacks is named',
    ],
  }),
  'lxc.apparmor.profile': appArmor(
    'is written, compiled and loaded before init is born, and gone at the end',
  ),
  'lxc.apparmor.allow_incomplete': appArmor('starts where the kernel does not mediate mounts'),
  'lxc.apparmor.allow_nesting': seen(
    'lsm',
    'lxc.apparmor.allow_nesting shows a whole /proc and /sys to the kernel',
  ),
  'lxc.apparmor.raw': appArmor('has lxc.apparmor.raw and the rules of lxc.apparmor.allow_nesting in it'),
  'lxc.selinux.context': seLinux('holds from exec on, and labels the keyring'),
  'lxc.selinux.context.keyring': seLinux('lxc.selinux.context.keyring labels the keyring alone'),
  'lxc.seccomp.profile': seen(
    'seccomp',
    'With every capability the filter alone refuses what the common policy lists',
  ),
  'lxc.seccomp.allow_nesting': seen(
    'seccomp',
    'A caller under a filter starts containers without their policy unless nesting is allowed',
  ),
  'lxc.seccomp.notify.proxy': proxy,
  'lxc.seccomp.notify.cookie': proxy,

  'lxc.hook': seen('clearing', 'lxc.hook clears the hooks'),
  'lxc.hook.version': seen(
    'hooks',
    'Every hook of version 1 gets them in its environment and only its own arguments',
  ),
  'lxc.hook.pre-start': hooks,
  'lxc.hook.pre-mount': hooks,
  'lxc.hook.mount': hooks,
  'lxc.hook.autodev': hooks,
  'lxc.hook.start-host': hooks,
  'lxc.hook.start': seen('hooks', 'A start hook runs inside the container before init'),
  'lxc.hook.stop': hooks,
  'lxc.hook.post-stop': hooks,
  'lxc.hook.clone': seen('copy', 'A clone hook is told of both containers and sees the new root file system'),
  'lxc.hook.destroy': seen(
    'tools',
    'lxc-destroy runs the destroy hooks, and one that fails keeps the container',
  ),

  'lxc.net': seen('clearing', 'lxc.net clears every interface'),
  'lxc.net.<n>': seen('clearing', 'lxc.net.N clears that interface'),
  'lxc.net.<n>.type': veth,
  'lxc.net.<n>.flags': veth,
  'lxc.net.<n>.link': veth,
  'lxc.net.<n>.name': veth,
  'lxc.net.<n>.hwaddr': veth,
  'lxc.net.<n>.mtu': veth,
  'lxc.net.<n>.ipv4.address': veth,
  'lxc.net.<n>.ipv4.gateway': veth,
  'lxc.net.<n>.ipv6.address': veth,
  'lxc.net.<n>.ipv6.gateway': veth,
  'lxc.net.<n>.script.up': scripts,
  'lxc.net.<n>.script.down': scripts,
  'lxc.net.<n>.l2proxy': seen(
    'routed',
    'With l2proxy the host answers on the link until the container stops',
  ),
  'lxc.net.<n>.veth.mode': seen(
    'routed',
    'In the mode router the host routes to the container and answers for its gateways',
  ),
  'lxc.net.<n>.veth.pair': veth,
  'lxc.net.<n>.veth.n_rxqueues': queues,
  'lxc.net.<n>.veth.n_txqueues': queues,
  'lxc.net.<n>.veth.ipv4.route': routes,
  'lxc.net.<n>.veth.ipv6.route': routes,
  'lxc.net.<n>.veth.vlan.id': vlans,
  'lxc.net.<n>.veth.vlan.tagged.id': vlans,
  'lxc.net.<n>.macvlan.mode': seen('network', 'A macvlan in mode vepa stands on its link'),
  'lxc.net.<n>.ipvlan.mode': ipvlan,
  'lxc.net.<n>.ipvlan.isolation': ipvlan,
  'lxc.net.<n>.vlan.id': lacking({
    needs: 'CONFIG_VLAN_8021Q',
    plan: ['network-kinds', 'of type vlan says its number, and waits for one that the last container had'],
    said: ['routed', 'Type vlan is made, or the error names CONFIG_VLAN_8021Q'],
  }),

  'lxc.start.auto': seen('autostart', 'lxc-autostart starts, shuts down and kills the containers of a group'),
  'lxc.start.delay': started,
  'lxc.start.order': started,
  'lxc.group': seen('autostart', 'lxc-autostart starts, shuts down and kills the containers of a group'),

  'lxc.log.level': logged,
  'lxc.log.file': logged,
  'lxc.log.syslog': seen('logs', "lxc.log.syslog sends the log to the system's, with its facility"),
  'lxcts.lxcfs': seen('lxcfs', 'lxcts.lxcfs = off shows the host'),
  'lxcts.sysinfo': seen('sysinfo', 'No filter is installed with lxcts.sysinfo = off'),
  'lxcts.log.size': seen('logs', 'lxcts.log.size keeps the log below a size, and one file before it'),
  'lxc.include': seen('clearing', 'lxc.include reads a file, and those of a directory, where it stands'),
};

/** What a system test claims. */
export interface Claim {
  readonly key: Key;
  readonly kind: Proof['kind'];
  readonly title: string;
}

export const claims: readonly Claim[] = Object.entries(proofs).flatMap(([name, { kind, test }]) => {
  const key = isKey(name) ? name : undefined;
  return key === undefined ? [] : [{ key, kind, title: test.title }];
});

function isKey(name: string): name is Key {
  return name in proofs;
}
