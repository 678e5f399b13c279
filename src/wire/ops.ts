/**
 * The instruction set of the native helper: one row per op, with its number, who runs it and its arguments
 * in wire order. `native/wire.h` is generated from these rows (`npm run generate`), so the two sides cannot
 * disagree. Numbers and the order of arguments are append-only: a monitor of an older build may be running.
 *
 * Runners: `P` the parent (client, runner or monitor, on the host side), `C` the child (inside the new
 * namespaces, before exec), `S` settings (not executed: data that the monitor keeps).
 */

/** How one argument travels: `int` 8 bytes little endian, `str` text, `strs` a list of texts, `bytes` as is. */
export type ArgKind = 'int' | 'str' | 'strs' | 'bytes';

interface OpRow {
  readonly code: number;
  readonly by: 'P' | 'C' | 'PC' | 'S';
  readonly args: Readonly<Record<string, ArgKind>>;
}

/** Where a path is resolved. */
export const where = {
  /** As the process sees it: the host's tree, or the container's own after pivot. */
  host: 0,
  /** Below the descriptor that `openRoot` took: no `..`, no symbolic link is followed (CVE-2015-1335). */
  rootfs: 1,
} as const;

export const syncMode = { post: 0, await: 1 } as const;

/** What the child's standard streams become. */
export const stdio = {
  keep: 0,
  /** The console's terminal on 0, 1 and 2. */
  console: 1,
  /** The console's terminal only where the stream is a terminal (lxc-execute in the foreground). */
  consoleForTerminals: 2,
  null: 3,
} as const;

/** The terminal of an attached command. */
export const pty = {
  none: 0,
  /** Shown on the terminal that is one of the caller's streams. */
  callers: 1,
  /** Carried by the caller's stdin and stdout, whatever they are; `rows` and `columns` are its size. */
  streams: 2,
} as const;

/** What a `seccomp` op asks of the kernel besides the filter: SECCOMP_FILTER_FLAG_*. */
export const filterFlags = {
  /** Write to the audit log what the filter refuses. */
  log: 2,
  /** Leave speculation as it is: before Linux 5.16 a filter turned it off, which slows down the container. */
  specAllow: 4,
  /** Whoever waits for an answer can only be killed (Linux 5.19; an older kernel goes without). */
  waitKillable: 32,
} as const;

/** Points at which parent and child wait for each other; the names are LXC's where LXC has one. */
export const syncPoints = {
  /** The child has made its own network namespace, which it does late where that belongs to a user namespace. */
  configure: 0,
  'post-configure': 1,
  'cgroups-ready': 2,
  cgroup: 3,
  'ready-start': 4,
  /** The parent has written the id maps. */
  startup: 5,
} as const;

/** What a `netlink` patch puts into the request before it is sent. */
export const patchKinds = {
  /** u32: pid of the container's init in the runner's pid namespace. */
  initPid: 0,
  /** u32: index of the interface of that name in the sender's network namespace. */
  ifIndex: 1,
} as const;

export const ops = {
  /** Say (`post`) or wait for (`await`) that the other side reached a point. */
  sync: { code: 1, by: 'PC', args: { point: 'int', mode: 'int' } },
  /** Ask the brain: it has programs run by SPAWN, then answers RESUME or ABORT. */
  call: { code: 2, by: 'P', args: { what: 'str' } },
  /** Bind and listen on the abstract command socket; EADDRINUSE: the name is running. */
  bindCommand: { code: 3, by: 'P', args: { name: 'str' } },
  /** Start the write-ahead record, which must not be there; directories above it are made where they are missing (0700). */
  openRecord: { code: 4, by: 'P', args: { path: 'str', head: 'bytes' } },
  /**
   * Fork: the fork goes on as runner and monitor in a session of its own, the client waits for the outcome.
   * A non-empty `cgroup2` is the directory that the fork is born in (CLONE_INTO_CGROUP).
   */
  detach: { code: 5, by: 'P', args: { cgroup2: 'str' } },
  /** mkdir of one cgroup directory; with `shared` an existing one is fine. */
  mkdirCgroup: { code: 6, by: 'P', args: { path: 'str', shared: 'int' } },
  /** Remove a cgroup and every cgroup below it; absent is fine; with `shared` a busy one stays. */
  rmdirCgroup: { code: 7, by: 'P', args: { path: 'str', shared: 'int' } },
  /** Write one value with one write(2); `flags` are open(2) flags added to O_WRONLY|O_CLOEXEC. */
  writeFile: { code: 8, by: 'PC', args: { path: 'str', text: 'bytes', flags: 'int', mode: 'int' } },
  /** unlink; absent is fine. */
  unlink: { code: 9, by: 'P', args: { path: 'str' } },
  /** Move the calling (single-threaded) process: `0` into a v1 `tasks` or a v2 `cgroup.procs` file. */
  joinCgroup: { code: 10, by: 'PC', args: { file: 'str' } },
  /**
   * Clone init. `flags` CLONE_NEW*; `cgroup2` a directory for CLONE_INTO_CGROUP or ''; `pidNamespace` a
   * namespace file to be born into or ''.
   */
  clone: { code: 11, by: 'P', args: { flags: 'int', cgroup2: 'str', pidNamespace: 'str' } },
  /** Write /proc/INIT/FILE from outside (lxc.proc.*, uid_map). */
  writeProc: { code: 12, by: 'P', args: { file: 'str', text: 'bytes' } },
  /**
   * Send one rtnetlink request and wait for its ACK. `patches`: records of {u32 offset, u32 kind, char
   * name[16]}. `ignore` is an errno that is no error (0: none); with one, a missing interface is none either. On the
   * errno `retry` (0: none) the request is sent again for up to a second: a namespace that the kernel still takes down
   * may hold what it asks for.
   */
  netlink: { code: 13, by: 'PC', args: { request: 'bytes', patches: 'bytes', ignore: 'int', retry: 'int' } },
  /** Our pid in decimal, no newline, in a file made with 0600. */
  writePidfile: { code: 14, by: 'P', args: { path: 'str' } },
  /** Load a device program (BPF_PROG_TYPE_CGROUP_DEVICE) and attach it to a v2 directory. */
  bpfDevices: { code: 15, by: 'P', args: { cgroup: 'str', program: 'bytes' } },
  /** Signal init through a pidfd from its command socket, or from pidfd_open(`pid`) where the socket is ''. */
  signal: { code: 16, by: 'P', args: { socket: 'str', pid: 'int', signal: 'int' } },
  /** Take over a running init whose monitor died; `startTime` (/proc/PID/stat field 22) guards against reuse. */
  adopt: { code: 17, by: 'P', args: { pid: 'int', startTime: 'int' } },
  /** The same of the process whose pid stands in `file`, which another program has just written there. */
  adoptFrom: { code: 34, by: 'P', args: { file: 'str' } },
  /** Attach: take init's pidfd from the command socket; a `pid` other than 0 must match. */
  openInit: { code: 18, by: 'P', args: { socket: 'str', pid: 'int' } },
  /**
   * Attach: fork the process that runs the child list (born in the v2 directory `cgroup2` where not ''). `pty`:
   * see {@link pty}. `log` a file for what it shows, or ''. `owner`
   * is the user of the host who gets that terminal (-1: whoever makes it).
   */
  attach: {
    code: 19,
    by: 'P',
    args: { cgroup2: 'str', pty: 'int', log: 'str', owner: 'int', rows: 'int', columns: 'int' },
  },
  /** Show a console (0) or tty (N, -1 any) on the caller's terminal until the escape (`prefix`, then q). */
  console: { code: 20, by: 'P', args: { socket: 'str', tty: 'int', prefix: 'int' } },
  /** Remove a tree, following no link and staying on its file system; absent is fine. */
  removeTree: { code: 21, by: 'P', args: { path: 'str' } },
  /**
   * Move an interface out of the container into the caller's network namespace, under the name `name` and with `mtu`
   * and `hwaddr` (0, empty: as they are). `netns` is the file of `holdNetns`; in it the interface is known by the index
   * that it had on the host, else as `link`. One that is home already, under whatever name, only gets the name back.
   */
  bringHome: {
    code: 22,
    by: 'P',
    args: { link: 'str', name: 'str', netns: 'str', index: 'int', mtu: 'int', hwaddr: 'bytes' },
  },
  /** Make a file that is not there yet and hold its lock (F_OFD_SETLK) until the process ends, with later programs. */
  lockFile: { code: 23, by: 'P', args: { path: 'str' } },
  /** EAGAIN where somebody holds a lock on the file; one that is not there nobody holds. */
  testLock: { code: 35, by: 'P', args: { path: 'str' } },
  /** Make the file `path` (directories above it too) unless it is there, and hold its lock, waited for, until this program ends. */
  holdLock: { code: 38, by: 'P', args: { path: 'str' } },
  /** The same, through later programs: until the process ends, or the next `keepLock`; '' lets go. */
  keepLock: { code: 39, by: 'P', args: { path: 'str' } },
  /** Ask a monitor to kill its container, and wait until it has cleaned up and gone. */
  stopByMonitor: { code: 24, by: 'P', args: { socket: 'str' } },
  /** Run a host program (argv[0] is searched in the PATH of `env`); other than 0 is failure, its last words the detail. */
  spawn: { code: 26, by: 'P', args: { argv: 'strs', env: 'strs' } },
  /**
   * Open the file system of a block device, or with `loop` 1 of an image file by a loop device that the kernel frees
   * with its last use; one that the file has already is used again. The first of `fstypes` that fits is taken; `flags` are those of mount(2). It is mounted nowhere
   * before the child's `placeMount`; of two that are opened the first is placed first. A device that is not there yet is waited for, up to `wait` milliseconds.
   */
  openFileSystem: {
    code: 27,
    by: 'P',
    args: { source: 'str', loop: 'int', fstypes: 'strs', flags: 'int', data: 'str', wait: 'int' },
  },
  /** rmdir; absent is fine. */
  rmdir: { code: 30, by: 'P', args: { path: 'str' } },
  /**
   * A device node at `path` below the root of the init of `openInit`; `mode` with the kind of node. With `bind` 1 it is
   * bound there, onto a file of `uid` and `gid`: for containers with ids of their own.
   */
  placeNode: {
    code: 32,
    by: 'P',
    args: { path: 'str', mode: 'int', device: 'int', uid: 'int', gid: 'int', bind: 'int' },
  },
  /** Remove a device node there, and nothing else; with `absent` 1 it need not be there. */
  removeNode: { code: 33, by: 'P', args: { path: 'str', absent: 'int' } },

  /** Keep init's network namespace, whoever dies: bind it on the new file `path`. */
  holdNetns: { code: 36, by: 'P', args: { path: 'str' } },
  /** Its inverse: unmount and unlink; absent is fine. */
  releaseNetns: { code: 37, by: 'P', args: { path: 'str' } },

  /**
   * Copy the mount of `source` (with those below it where `recursive`), give it the attributes of `flags` (those of
   * mount(2)) and the ids of the user namespace `userns` ('': init's own), and send it to the child, whose `takeTree` waits.
   */
  cloneTree: {
    code: 28,
    by: 'P',
    args: { source: 'str', recursive: 'int', flags: 'int', userns: 'str' },
  },

  /** Whether other processes of the owner of our ids may look at us (PR_SET_DUMPABLE). */
  dumpable: { code: 77, by: 'C', args: { on: 'int' } },

  /**
   * `clone` from a process in between that enters the namespace files `enter` first, one after the other: what a new
   * user namespace has no right to enter, and a shared one in which the others are to be born.
   */
  cloneWithin: { code: 29, by: 'P', args: { flags: 'int', cgroup2: 'str', enter: 'strs' } },

  /** Take the directory below which `where.rootfs` paths are resolved. */
  openRoot: { code: 40, by: 'C', args: { path: 'str' } },
  /**
   * mount(2) in up to three calls: the mount itself; for a bind with further flags the remount that makes
   * them true (keeping flags the source's mount has locked); the propagation (0: none).
   */
  mount: {
    code: 41,
    by: 'PC',
    args: {
      source: 'str',
      sourceWhere: 'int',
      target: 'str',
      targetWhere: 'int',
      fstype: 'str',
      flags: 'int',
      data: 'str',
      propagation: 'int',
    },
  },
  /** mkdir -p; an existing directory is fine. */
  mkdir: { code: 42, by: 'PC', args: { path: 'str', where: 'int', mode: 'int' } },
  /** An empty regular file (and its directories) where nothing is. */
  mkfile: { code: 43, by: 'C', args: { path: 'str', where: 'int', mode: 'int' } },
  /** mknod; where that is not allowed (EPERM), `fallback` from the host is bound onto an empty file. */
  mknod: {
    code: 44,
    by: 'C',
    args: { path: 'str', where: 'int', mode: 'int', device: 'int', fallback: 'str' },
  },
  /** An existing entry at `path` is replaced unless it is a directory. */
  symlink: { code: 45, by: 'C', args: { target: 'str', path: 'str', where: 'int' } },
  /** pivot_root(".", ".") into the directory of `openRoot`, detach the old root, chdir "/". */
  pivotRoot: { code: 46, by: 'C', args: {} },
  setHostname: { code: 47, by: 'C', args: { name: 'str' } },
  chdir: { code: 48, by: 'C', args: { path: 'str', create: 'int' } },
  /** setgroups (list of u32; with `keepGroups` 1 none), setgid, setuid. -1 leaves an id as it is. */
  setIds: { code: 49, by: 'C', args: { uid: 'int', gid: 'int', groups: 'bytes', keepGroups: 'int' } },
  /** Drop each capability whose bit is set for what is exec'd: bounding, inheritable and ambient set. */
  capDrop: { code: 50, by: 'C', args: { drop: 'int' } },
  noNewPrivs: { code: 51, by: 'C', args: {} },
  /**
   * Install a compiled filter: struct sock_filter[], {@link filterFlags}. With `listener` 1 it notifies: the
   * descriptor goes to the monitor, from an attach by command 13 of the command socket. EBUSY: one of the
   * filters that this process has already notifies.
   */
  seccomp: { code: 52, by: 'C', args: { filter: 'bytes', flags: 'int', listener: 'int' } },
  /** Write `label` to /proc/self/attr/`attribute`, of a /proc that is one: nothing mounted over the file is written to. */
  lsmLabel: { code: 53, by: 'C', args: { attribute: 'str', label: 'str' } },
  /**
   * Allocate a pseudo terminal from the container's devpts (`rootfs` 1) or the host's (0), bind its slave
   * onto `bind` (below the root; '' for no bind), hand the master to the parent. `which` 0 is the console.
   */
  openPty: { code: 54, by: 'C', args: { which: 'int', bind: 'str', rootfs: 'int' } },
  /** See {@link stdio}. Also setsid, and with `controlling` 1 stdin as the controlling terminal. */
  stdio: { code: 55, by: 'C', args: { mode: 'int', controlling: 'int' } },
  /**
   * `/bin/sh -c text` where the child stands; the end of its output becomes the error's detail. With `root` 1 the
   * hook becomes root of its user namespace first, where the child itself has not yet.
   */
  runHook: { code: 56, by: 'C', args: { text: 'str', env: 'strs', root: 'int' } },
  /** setns into a namespace file of the host; `type` one CLONE_NEW*. */
  setns: { code: 57, by: 'C', args: { path: 'str', type: 'int' } },
  unshare: { code: 58, by: 'PC', args: { flags: 'int' } },
  /** Of the caller; in the parent's list that of the process that it cloned. */
  rlimit: { code: 59, by: 'PC', args: { resource: 'int', soft: 'int', hard: 'int' } },
  personality: { code: 60, by: 'C', args: { persona: 'int' } },
  /** A new session keyring. */
  keyring: { code: 61, by: 'C', args: {} },
  /** Signal when the parent dies; said again after setIds, because set*id clears it. */
  pdeathsig: { code: 62, by: 'C', args: { signal: 'int' } },
  /** execvpe: `env` is the whole environment, its PATH is searched. Never returns. */
  exec: { code: 63, by: 'C', args: { argv: 'strs', env: 'strs' } },
  /**
   * The helper's init role as pid 1, from a read-only clone or sealed copy of its binary (CVE-2019-5736),
   * by descriptor; it runs `argv`, reaps, forwards signals.
   */
  execInit: { code: 64, by: 'C', args: { argv: 'strs', env: 'strs' } },
  umask: { code: 65, by: 'C', args: { mask: 'int' } },
  /** Give a regular file below the root another text; ENOENT where there is none, and EINVAL where it is something else. */
  overwriteFile: { code: 81, by: 'C', args: { path: 'str', text: 'bytes' } },
  /** ENOENT unless the path exists. */
  mustExist: { code: 66, by: 'C', args: { path: 'str', where: 'int' } },
  /** A fresh uuid in the file `path`, bound read-only over /proc/sys/kernel/random/boot_id; after pivot. */
  bootId: { code: 67, by: 'C', args: { path: 'str' } },
  /** chown of an object of the container, or of one of its cgroups, to its root, for id maps. Links are not followed. */
  chown: { code: 68, by: 'PC', args: { path: 'str', where: 'int', uid: 'int', gid: 'int' } },
  /** Give what is ours to the group `gid`, of which we are, with the rights that we have. */
  shareWith: { code: 82, by: 'C', args: { path: 'str', gid: 'int' } },
  /**
   * Attach: enter init's `namespaces` (CLONE_NEW*, by its pidfd); with the pid namespace among them a sibling
   * born inside goes on with the list.
   */
  enter: { code: 69, by: 'C', args: { namespaces: 'int' } },

  /** Wait for the next mount that the parent's `cloneTree` sends; `placeMount` puts it in its place. */
  takeTree: { code: 76, by: 'C', args: {} },
  /** Mount on `target` what `openFileSystem` opened or `takeTree` took. */
  placeMount: { code: 75, by: 'C', args: { target: 'str', where: 'int', propagation: 'int' } },
  /**
   * Share processors by hyper-threading with nobody but who has the same cookie: a new one with `from` 0, else that of
   * the process. Nothing to do where processors have one thread.
   */
  schedCore: { code: 80, by: 'C', args: { from: 'int' } },

  /**
   * The record of a run whose monitor died is ours from now on; ESTALE where it is not that file of that size any more.
   * Inverses stand in it already, and where none of them ran it stays as it was.
   */
  takeRecord: { code: 90, by: 'P', args: { path: 'str', inode: 'int', size: 'int' } },
  /** Have a monitor tell everybody `state`. ESTALE where it is in none of the states `from` (bits by their numbers; 0: any). */
  tellState: { code: 91, by: 'P', args: { socket: 'str', from: 'int', state: 'int' } },
  /** Write `text` to `file` until `sign` is in the file `seen`, for up to so many `milliseconds`; ETIME. */
  settle: {
    code: 92,
    by: 'P',
    args: { file: 'str', text: 'str', seen: 'str', sign: 'str', milliseconds: 'int' },
  },

  /** Name and lxcpath as the command socket answers them. */
  setName: { code: 100, by: 'S', args: { name: 'str', lxcpath: 'str' } },
  /** One answer of GET_CONFIG_ITEM. */
  setItem: { code: 101, by: 'S', args: { key: 'str', value: 'str' } },
  /**
   * One hierarchy: `controllers` as in /proc/self/cgroup (`memory`, `cpu,cpuacct`, `name=systemd`, '' for
   * unified), payload and limit path as clients are told, and their directories in the file system.
   */
  setCgroup: {
    code: 102,
    by: 'S',
    args: { controllers: 'str', path: 'str', limitPath: 'str', dir: 'str', limitDir: 'str' },
  },
  /** `stop` the signal of the STOP command; `clone` the CLONE_NEW* flags that GET_CLONE_FLAGS answers. */
  setInit: { code: 103, by: 'S', args: { stop: 'int', clone: 'int' } },
  /** Bytes of ring buffer (0 none), log file ('' none), its limit in bytes (0 none), rotate, peer ('' none). */
  setConsole: {
    code: 104,
    by: 'S',
    args: { buffer: 'int', logFile: 'str', logSize: 'int', rotate: 'int', peer: 'str' },
  },
  /**
   * When a brain is asked at the end: bit 0 before the inverses (stop hooks, down scripts), bit 1 after
   * them (post-stop hooks), bit 2 the namespaces are held open for the stop hook. A reboot always asks.
   */
  setEnd: { code: 105, by: 'S', args: { ask: 'int' } },
  /**
   * Where the monitor goes before its own cgroups are removed: v1 `tasks` files that it writes 0 to, and the
   * v2 directory in which a reaper is born ('' none).
   */
  setPivot: { code: 106, by: 'S', args: { tasks: 'strs', cgroup2: 'str' } },
  /** fifo of lxc-monitord: state changes go there where it exists. */
  setFifo: { code: 107, by: 'S', args: { path: 'str' } },
  /** The program of `bpfDevices`, to which a client may add rules while the container runs. */
  setDevices: { code: 108, by: 'S', args: { program: 'bytes' } },
  /** Notifications of filters are calls of sysinfo(2), which are answered from `file` of the proc view. */
  setSysinfo: { code: 109, by: 'S', args: { file: 'str' } },
  /**
   * Notifications of filters go to the proxy that listens at `path` (a SEQPACKET socket; @ and an abstract name; '' for
   * none) together with `cookie`. Where it is not to be reached such calls fail with ENOSYS.
   */
  setNotify: { code: 111, by: 'S', args: { path: 'str', cookie: 'str' } },
} as const satisfies Record<string, OpRow>;

export type OpName = keyof typeof ops;

interface ArgValue {
  readonly int: number | bigint;
  readonly str: string;
  readonly strs: readonly string[];
  readonly bytes: Uint8Array;
}

type ArgsOf<Args> = { readonly [A in keyof Args]: Args[A] extends ArgKind ? ArgValue[Args[A]] : never };

/** One instruction with its arguments: `{ op: 'setHostname', args: { name: 'c1' } }`. */
export type Op = {
  [N in OpName]: { readonly op: N; readonly args: ArgsOf<(typeof ops)[N]['args']> };
}[OpName];
