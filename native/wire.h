/* Generated from src/wire by `npm run generate`; do not edit. */
#pragma once

#define PROTOCOL_VERSION 1
#define MAX_FRAME_BYTES 8388608
#define MAX_OP_ARGS 8
#define RECORD_MAGIC "LXCTSR1\n"
#define NODE_FLAGS "--no-rehash-snapshot", "--invocation-count-for-maglev=30", "--minimum-invocations-after-ic-update=30"

#define HELLO_HEAD_BYTES 40

#define REPLAY_MAGIC "LXCTSA2\n"
#define PATTERN_MAGIC "LXCTSP1\n"

enum {
	GROUND_TEXT = 1,
	GROUND_LINE = 2,
	GROUND_LINK = 3,
	GROUND_NODE = 4,
	GROUND_UNCHANGED = 5,
	GROUND_PROCESS = 6,
	GROUND_ABSENT = 7,
	GROUND_PRESENT = 8,
	GROUND_UNLOCKED = 9,
};

enum {
	KEPT_PROGRAM = 1,
	KEPT_REPORT = 2,
};

enum {
	PART_TEXT = 1,
	PART_COPY = 2,
	PART_AMOUNT = 3,
};

enum {
	FORM_NUMBER = 0,
	FORM_SIZE = 1,
	FORM_SECONDS = 2,
};

enum {
	FRAME_HELLO = 1,
	FRAME_RESULT = 2,
	FRAME_CALL = 3,
	FRAME_SPAWNED = 4,
	FRAME_IN = 5,
	FRAME_SIGNAL = 6,
	FRAME_WINCH = 7,
	FRAME_TRACE = 8,
	FRAME_ACCEPT = 32,
	FRAME_OUT = 33,
	FRAME_ERR = 34,
	FRAME_EXIT = 35,
	FRAME_RUN = 36,
	FRAME_SPAWN = 37,
	FRAME_RESUME = 38,
	FRAME_ABORT = 39,
	FRAME_WANT = 40,
	FRAME_SYSLOG = 41,
};

enum {
	HELLO_ROLE_COMMAND = 0,
	HELLO_ROLE_END = 1,
};

enum {
	RESULT_OK = 0,
	RESULT_FAILED = 1,
	RESULT_EXITED = 2,
};

enum {
	LIST_PARENT = 0,
	LIST_CHILD = 1,
	LIST_UNDO = 2,
	LIST_SETTINGS = 3,
};

enum {
	OP_FLAG_OPTIONAL = 1,
};

enum {
	RUN_LAST = 1,
	RUN_TRACE = 2,
};

enum {
	TRACE_EXEC_COST = 0,
	TRACE_BEGAN = 1,
	TRACE_SAID = 2,
	TRACE_RUN = 3,
	TRACE_DONE = 4,
};

#define TRACE_MOMENTS 5

enum {
	AFTER_RETURN = 0,
	AFTER_MONITOR = 1,
	AFTER_ATTACHED = 2,
	AFTER_UNDO = 3,
};

enum {
	EXIT_RULE_ZERO = 0,
	EXIT_RULE_STATUS = 1,
};

enum {
	SPAWN_INHERIT = 0,
	SPAWN_CAPTURE = 1,
	SPAWN_BECOME = 2,
	SPAWN_BESIDE = 3,
};

enum {
	RECORD_HEAD = 1,
	RECORD_UNDO = 2,
	RECORD_INIT = 3,
	RECORD_MONITOR = 4,
	RECORD_RUNNING = 5,
	RECORD_UNSETTLED = 6,
};

enum {
	WHERE_HOST = 0,
	WHERE_ROOTFS = 1,
};

enum {
	SYNC_POST = 0,
	SYNC_AWAIT = 1,
};

enum {
	POINT_CONFIGURE = 0,
	POINT_POST_CONFIGURE = 1,
	POINT_CGROUPS_READY = 2,
	POINT_CGROUP = 3,
	POINT_READY_START = 4,
	POINT_STARTUP = 5,
};

enum {
	STREAMS_KEEP = 0,
	STREAMS_CONSOLE = 1,
	STREAMS_CONSOLE_FOR_TERMINALS = 2,
	STREAMS_NULL = 3,
};

enum {
	TERMINAL_NONE = 0,
	TERMINAL_CALLERS = 1,
	TERMINAL_STREAMS = 2,
};

enum {
	PATCH_INIT_PID = 0,
	PATCH_IF_INDEX = 1,
};

enum {
	FILTER_LOG = 2,
	FILTER_SPEC_ALLOW = 4,
	FILTER_WAIT_KILLABLE = 32,
};

enum {
	OP_SYNC = 1,
	OP_CALL = 2,
	OP_BIND_COMMAND = 3,
	OP_OPEN_RECORD = 4,
	OP_DETACH = 5,
	OP_MKDIR_CGROUP = 6,
	OP_RMDIR_CGROUP = 7,
	OP_WRITE_FILE = 8,
	OP_UNLINK = 9,
	OP_JOIN_CGROUP = 10,
	OP_CLONE = 11,
	OP_WRITE_PROC = 12,
	OP_NETLINK = 13,
	OP_WRITE_PIDFILE = 14,
	OP_BPF_DEVICES = 15,
	OP_SIGNAL = 16,
	OP_ADOPT = 17,
	OP_ADOPT_FROM = 34,
	OP_OPEN_INIT = 18,
	OP_ATTACH = 19,
	OP_CONSOLE = 20,
	OP_REMOVE_TREE = 21,
	OP_BRING_HOME = 22,
	OP_LOCK_FILE = 23,
	OP_TEST_LOCK = 35,
	OP_HOLD_LOCK = 38,
	OP_KEEP_LOCK = 39,
	OP_STOP_BY_MONITOR = 24,
	OP_SPAWN = 26,
	OP_OPEN_FILE_SYSTEM = 27,
	OP_RMDIR = 30,
	OP_PLACE_NODE = 32,
	OP_REMOVE_NODE = 33,
	OP_HOLD_NETNS = 36,
	OP_RELEASE_NETNS = 37,
	OP_CLONE_TREE = 28,
	OP_DUMPABLE = 77,
	OP_CLONE_WITHIN = 29,
	OP_OPEN_ROOT = 40,
	OP_MOUNT = 41,
	OP_MKDIR = 42,
	OP_MKFILE = 43,
	OP_MKNOD = 44,
	OP_SYMLINK = 45,
	OP_PIVOT_ROOT = 46,
	OP_SET_HOSTNAME = 47,
	OP_CHDIR = 48,
	OP_SET_IDS = 49,
	OP_CAP_DROP = 50,
	OP_NO_NEW_PRIVS = 51,
	OP_SECCOMP = 52,
	OP_LSM_LABEL = 53,
	OP_OPEN_PTY = 54,
	OP_STDIO = 55,
	OP_RUN_HOOK = 56,
	OP_SETNS = 57,
	OP_UNSHARE = 58,
	OP_RLIMIT = 59,
	OP_PERSONALITY = 60,
	OP_KEYRING = 61,
	OP_PDEATHSIG = 62,
	OP_EXEC = 63,
	OP_EXEC_INIT = 64,
	OP_UMASK = 65,
	OP_OVERWRITE_FILE = 81,
	OP_MUST_EXIST = 66,
	OP_BOOT_ID = 67,
	OP_CHOWN = 68,
	OP_SHARE_WITH = 82,
	OP_ENTER = 69,
	OP_TAKE_TREE = 76,
	OP_PLACE_MOUNT = 75,
	OP_SCHED_CORE = 80,
	OP_TAKE_RECORD = 90,
	OP_TELL_STATE = 91,
	OP_SETTLE = 92,
	OP_SET_NAME = 100,
	OP_SET_ITEM = 101,
	OP_SET_CGROUP = 102,
	OP_SET_INIT = 103,
	OP_SET_CONSOLE = 104,
	OP_SET_END = 105,
	OP_SET_PIVOT = 106,
	OP_SET_FIFO = 107,
	OP_SET_DEVICES = 108,
	OP_SET_SYSINFO = 109,
	OP_SET_NOTIFY = 111,
};

enum {
	LXCFS_FD_FUSE = 3,
	LXCFS_FD_STATE = 4,
};

enum {
	LXCFS_STATE_RESEND = 0,
	LXCFS_STATE_HOST = 4,
	LXCFS_STATE_SAMPLE = 8,
	LXCFS_STATE_READY = 12,
	LXCFS_STATE_RESTARTS = 16,
	LXCFS_STATE_BLOCKED = 20,
	LXCFS_STATE_MARK_COUNT = 24,
	LXCFS_STATE_MARKED = 32,
	LXCFS_STATE_SERVERS = 128,
	LXCFS_STATE_ROOT = 1024,
	LXCFS_STATE_JOURNAL = 4096,
	LXCFS_STATE_SLOTS = 65536,
};

enum {
	LXCFS_SERVER_PID = 0,
	LXCFS_SERVER_SERVING = 4,
	LXCFS_SERVER_SERIAL = 8,
	LXCFS_SERVER_BUSY = 12,
	LXCFS_SERVER_UNIQUE = 16,
	LXCFS_SERVER_HIGH = 24,
};

enum {
	LXCFS_SIZE_SERVER_BYTES = 64,
	LXCFS_SIZE_SERVERS = 3,
	LXCFS_SIZE_MARKS = 8,
	LXCFS_SIZE_PATIENCE_MS = 1000,
};

/* Index of each argument of an op. */
enum { SYNC_POINT, SYNC_MODE };
enum { CALL_WHAT };
enum { BIND_COMMAND_NAME };
enum { OPEN_RECORD_PATH, OPEN_RECORD_HEAD };
enum { DETACH_CGROUP2 };
enum { MKDIR_CGROUP_PATH, MKDIR_CGROUP_SHARED };
enum { RMDIR_CGROUP_PATH, RMDIR_CGROUP_SHARED };
enum { WRITE_FILE_PATH, WRITE_FILE_TEXT, WRITE_FILE_FLAGS, WRITE_FILE_MODE };
enum { UNLINK_PATH };
enum { JOIN_CGROUP_FILE };
enum { CLONE_FLAGS, CLONE_CGROUP2, CLONE_PID_NAMESPACE };
enum { WRITE_PROC_FILE, WRITE_PROC_TEXT };
enum { NETLINK_REQUEST, NETLINK_PATCHES, NETLINK_IGNORE, NETLINK_RETRY };
enum { WRITE_PIDFILE_PATH };
enum { BPF_DEVICES_CGROUP, BPF_DEVICES_PROGRAM };
enum { SIGNAL_SOCKET, SIGNAL_PID, SIGNAL_SIGNAL };
enum { ADOPT_PID, ADOPT_START_TIME };
enum { ADOPT_FROM_FILE };
enum { OPEN_INIT_SOCKET, OPEN_INIT_PID };
enum { ATTACH_CGROUP2, ATTACH_PTY, ATTACH_LOG, ATTACH_OWNER, ATTACH_ROWS, ATTACH_COLUMNS };
enum { CONSOLE_SOCKET, CONSOLE_TTY, CONSOLE_PREFIX };
enum { REMOVE_TREE_PATH };
enum { BRING_HOME_LINK, BRING_HOME_NAME, BRING_HOME_NETNS, BRING_HOME_INDEX, BRING_HOME_MTU, BRING_HOME_HWADDR };
enum { LOCK_FILE_PATH };
enum { TEST_LOCK_PATH };
enum { HOLD_LOCK_PATH };
enum { KEEP_LOCK_PATH };
enum { STOP_BY_MONITOR_SOCKET };
enum { SPAWN_ARGV, SPAWN_ENV };
enum { OPEN_FILE_SYSTEM_SOURCE, OPEN_FILE_SYSTEM_LOOP, OPEN_FILE_SYSTEM_FSTYPES, OPEN_FILE_SYSTEM_FLAGS, OPEN_FILE_SYSTEM_DATA, OPEN_FILE_SYSTEM_WAIT };
enum { RMDIR_PATH };
enum { PLACE_NODE_PATH, PLACE_NODE_MODE, PLACE_NODE_DEVICE, PLACE_NODE_UID, PLACE_NODE_GID, PLACE_NODE_BIND };
enum { REMOVE_NODE_PATH, REMOVE_NODE_ABSENT };
enum { HOLD_NETNS_PATH };
enum { RELEASE_NETNS_PATH };
enum { CLONE_TREE_SOURCE, CLONE_TREE_RECURSIVE, CLONE_TREE_FLAGS, CLONE_TREE_USERNS };
enum { DUMPABLE_ON };
enum { CLONE_WITHIN_FLAGS, CLONE_WITHIN_CGROUP2, CLONE_WITHIN_ENTER };
enum { OPEN_ROOT_PATH };
enum { MOUNT_SOURCE, MOUNT_SOURCE_WHERE, MOUNT_TARGET, MOUNT_TARGET_WHERE, MOUNT_FSTYPE, MOUNT_FLAGS, MOUNT_DATA, MOUNT_PROPAGATION };
enum { MKDIR_PATH, MKDIR_WHERE, MKDIR_MODE };
enum { MKFILE_PATH, MKFILE_WHERE, MKFILE_MODE };
enum { MKNOD_PATH, MKNOD_WHERE, MKNOD_MODE, MKNOD_DEVICE, MKNOD_FALLBACK };
enum { SYMLINK_TARGET, SYMLINK_PATH, SYMLINK_WHERE };
enum { SET_HOSTNAME_NAME };
enum { CHDIR_PATH, CHDIR_CREATE };
enum { SET_IDS_UID, SET_IDS_GID, SET_IDS_GROUPS, SET_IDS_KEEP_GROUPS };
enum { CAP_DROP_DROP };
enum { SECCOMP_FILTER, SECCOMP_FLAGS, SECCOMP_LISTENER };
enum { LSM_LABEL_ATTRIBUTE, LSM_LABEL_LABEL };
enum { OPEN_PTY_WHICH, OPEN_PTY_BIND, OPEN_PTY_ROOTFS };
enum { STDIO_MODE, STDIO_CONTROLLING };
enum { RUN_HOOK_TEXT, RUN_HOOK_ENV, RUN_HOOK_ROOT };
enum { SETNS_PATH, SETNS_TYPE };
enum { UNSHARE_FLAGS };
enum { RLIMIT_RESOURCE, RLIMIT_SOFT, RLIMIT_HARD };
enum { PERSONALITY_PERSONA };
enum { PDEATHSIG_SIGNAL };
enum { EXEC_ARGV, EXEC_ENV };
enum { EXEC_INIT_ARGV, EXEC_INIT_ENV };
enum { UMASK_MASK };
enum { OVERWRITE_FILE_PATH, OVERWRITE_FILE_TEXT };
enum { MUST_EXIST_PATH, MUST_EXIST_WHERE };
enum { BOOT_ID_PATH };
enum { CHOWN_PATH, CHOWN_WHERE, CHOWN_UID, CHOWN_GID };
enum { SHARE_WITH_PATH, SHARE_WITH_GID };
enum { ENTER_NAMESPACES };
enum { PLACE_MOUNT_TARGET, PLACE_MOUNT_WHERE, PLACE_MOUNT_PROPAGATION };
enum { SCHED_CORE_FROM };
enum { TAKE_RECORD_PATH, TAKE_RECORD_INODE, TAKE_RECORD_SIZE };
enum { TELL_STATE_SOCKET, TELL_STATE_FROM, TELL_STATE_STATE };
enum { SETTLE_FILE, SETTLE_TEXT, SETTLE_SEEN, SETTLE_SIGN, SETTLE_MILLISECONDS };
enum { SET_NAME_NAME, SET_NAME_LXCPATH };
enum { SET_ITEM_KEY, SET_ITEM_VALUE };
enum { SET_CGROUP_CONTROLLERS, SET_CGROUP_PATH, SET_CGROUP_LIMIT_PATH, SET_CGROUP_DIR, SET_CGROUP_LIMIT_DIR };
enum { SET_INIT_STOP, SET_INIT_CLONE };
enum { SET_CONSOLE_BUFFER, SET_CONSOLE_LOG_FILE, SET_CONSOLE_LOG_SIZE, SET_CONSOLE_ROTATE, SET_CONSOLE_PEER };
enum { SET_END_ASK };
enum { SET_PIVOT_TASKS, SET_PIVOT_CGROUP2 };
enum { SET_FIFO_PATH };
enum { SET_DEVICES_PROGRAM };
enum { SET_SYSINFO_FILE };
enum { SET_NOTIFY_PATH, SET_NOTIFY_COOKIE };

/* code, name, kinds of the arguments: i int, s text, v texts, b bytes */
#define OP_TABLE(X) \
	X(1, sync, "ii") \
	X(2, call, "s") \
	X(3, bindCommand, "s") \
	X(4, openRecord, "sb") \
	X(5, detach, "s") \
	X(6, mkdirCgroup, "si") \
	X(7, rmdirCgroup, "si") \
	X(8, writeFile, "sbii") \
	X(9, unlink, "s") \
	X(10, joinCgroup, "s") \
	X(11, clone, "iss") \
	X(12, writeProc, "sb") \
	X(13, netlink, "bbii") \
	X(14, writePidfile, "s") \
	X(15, bpfDevices, "sb") \
	X(16, signal, "sii") \
	X(17, adopt, "ii") \
	X(34, adoptFrom, "s") \
	X(18, openInit, "si") \
	X(19, attach, "sisiii") \
	X(20, console, "sii") \
	X(21, removeTree, "s") \
	X(22, bringHome, "sssiib") \
	X(23, lockFile, "s") \
	X(35, testLock, "s") \
	X(38, holdLock, "s") \
	X(39, keepLock, "s") \
	X(24, stopByMonitor, "s") \
	X(26, spawn, "vv") \
	X(27, openFileSystem, "sivisi") \
	X(30, rmdir, "s") \
	X(32, placeNode, "siiiii") \
	X(33, removeNode, "si") \
	X(36, holdNetns, "s") \
	X(37, releaseNetns, "s") \
	X(28, cloneTree, "siis") \
	X(77, dumpable, "i") \
	X(29, cloneWithin, "isv") \
	X(40, openRoot, "s") \
	X(41, mount, "sisisisi") \
	X(42, mkdir, "sii") \
	X(43, mkfile, "sii") \
	X(44, mknod, "siiis") \
	X(45, symlink, "ssi") \
	X(46, pivotRoot, "") \
	X(47, setHostname, "s") \
	X(48, chdir, "si") \
	X(49, setIds, "iibi") \
	X(50, capDrop, "i") \
	X(51, noNewPrivs, "") \
	X(52, seccomp, "bii") \
	X(53, lsmLabel, "ss") \
	X(54, openPty, "isi") \
	X(55, stdio, "ii") \
	X(56, runHook, "svi") \
	X(57, setns, "si") \
	X(58, unshare, "i") \
	X(59, rlimit, "iii") \
	X(60, personality, "i") \
	X(61, keyring, "") \
	X(62, pdeathsig, "i") \
	X(63, exec, "vv") \
	X(64, execInit, "vv") \
	X(65, umask, "i") \
	X(81, overwriteFile, "sb") \
	X(66, mustExist, "si") \
	X(67, bootId, "s") \
	X(68, chown, "siii") \
	X(82, shareWith, "si") \
	X(69, enter, "i") \
	X(76, takeTree, "") \
	X(75, placeMount, "sii") \
	X(80, schedCore, "i") \
	X(90, takeRecord, "sii") \
	X(91, tellState, "sii") \
	X(92, settle, "ssssi") \
	X(100, setName, "ss") \
	X(101, setItem, "ss") \
	X(102, setCgroup, "sssss") \
	X(103, setInit, "ii") \
	X(104, setConsole, "isiis") \
	X(105, setEnd, "i") \
	X(106, setPivot, "vs") \
	X(107, setFifo, "s") \
	X(108, setDevices, "b") \
	X(109, setSysinfo, "s") \
	X(111, setNotify, "ss") \



/* Name, path below the root, whether kernels may lack it. */
#define VIEW_TABLE(X) \
	X("cpuinfo", "proc/cpuinfo", 0) \
	X("diskstats", "proc/diskstats", 0) \
	X("loadavg", "proc/loadavg", 0) \
	X("meminfo", "proc/meminfo", 0) \
	X("slabinfo", "proc/slabinfo", 1) \
	X("stat", "proc/stat", 0) \
	X("swaps", "proc/swaps", 0) \
	X("uptime", "proc/uptime", 0) \
	X("vmstat", "proc/vmstat", 1) \
	X("pressure/cpu", "proc/pressure/cpu", 1) \
	X("pressure/io", "proc/pressure/io", 1) \
	X("pressure/memory", "proc/pressure/memory", 1) \
	X("cpu", "sys/devices/system/cpu", 0) \

