/** What counts as chance in the answers of commands: for each rule what it hides, and what it leaves to be seen. */

import { expect, test } from 'vitest';
import { comparable, isRace, type rules } from '../../system/harness/chance.ts';
import type { Answer } from '../../system/harness/transcript.ts';

/** Parts of two answers; the rest of both is empty. */
interface Pair {
  readonly command?: string;
  readonly stdout?: readonly [string, string];
  readonly stderr?: readonly [string, string];
  readonly argv?: readonly [string, string];
}

interface Example {
  readonly hides: readonly Pair[];
  readonly shows: readonly Pair[];
}

const plan = 'lxc-start -n a --plan --format json';
const bytes = (text: string) => `{"base64": "${btoa(text)}"}`;
const lines = (...all: readonly string[]) => all.join('\n');
const traced = 'lxc-start -n a -d --trace';
const onlyProbe = 'lxc-attach -n a -- /probe';

const examples: Readonly<Record<keyof typeof rules, Example>> = {
  'bytes in a plan': {
    hides: [{ command: plan, stdout: [bytes('{"name":"a","pid":7}'), bytes('{"name":"a","pid":18}')] }],
    shows: [{ command: plan, stdout: [bytes('{"name":"a","pid":7}'), bytes('{"name":"b","pid":7}')] }],
  },
  'an address that is drawn': {
    hides: [
      { command: plan, stdout: [bytes('\n\0\x01\0\xfe\x01\x02\x03\x04\x05'), bytes('\n\0\x01\0\xfeabcde')] },
    ],
    shows: [
      { command: plan, stdout: [bytes('\n\0\x01\0\xfeabcde\0'), bytes('\n\0\x01\0\xfeabcde\x01')] },
      { command: plan, stdout: [bytes('\n\0\x01\0\x00abcde'), bytes('\n\0\x01\0\x00bcdef')] },
    ],
  },
  'how commands are told to do without the daemon': {
    hides: [
      { stdout: ['["A=1",\n"LXC_TS_DAEMON=0",\n"B=2"]', '["A=1",\n"B=2"]'] },
      { stdout: ['A=1\nLXC_TS_DAEMON=0\nB=2\n', 'A=1\nB=2\n'] },
    ],
    shows: [
      { stdout: ['LXC_TS_DAEMON_IDLE=0', 'LXC_TS_DAEMON_IDLE=5'] },
      { stdout: ['LXC_TS_DAEMON=1', ''] },
    ],
  },
  'a name that a test draws': {
    hides: [
      { argv: ['lxc-start -n system-1ab-2cd-7', 'lxc-start -n system-9zz-a-7'] },
      { stderr: ['lxc.payload.system-1ab-2cd-7: no', 'lxc.payload.system-9zz-a-7: no'] },
    ],
    shows: [
      { argv: ['lxc-start -n system-1-2-7', 'lxc-start -n system-1-2-8'] },
      { stdout: ['system-1', 'system-2'] },
    ],
  },
  'the end of a drawn name': {
    hides: [
      { stdout: ['Created NAME-1_a8XyZ0 as clone of NAME-1', 'Created NAME-1_Qq7777 as clone of NAME-1'] },
    ],
    shows: [
      { stdout: ['NAME-1_a8XyZ0', 'NAME-2_a8XyZ0'] },
      { stdout: ['NAME-1_a8XyZ0', 'NAME-1_a8XyZ01'] },
      { stdout: ['other_a8XyZ0', 'other_Qq7777'] },
    ],
  },
  'a temporary directory': {
    hides: [{ argv: ['lxc-ls -P /tmp/lxc-ts-a8XyZ0', 'lxc-ls -P /tmp/lxc-ts-Qq7777'] }],
    shows: [
      { stderr: ['/tmp/lxc-ts-a8XyZ0/one', '/tmp/lxc-ts-a8XyZ0/two'] },
      { stderr: ['/tmp/lxc-one-a8XyZ0', '/tmp/lxc-two-a8XyZ0'] },
    ],
  },
  'an interface whose name is drawn': {
    hides: [{ stdout: ['lxcbr0 stays, veth59qGFL is on it', 'lxcbr0 stays, vethjWLR9V is on it'] }],
    shows: [{ stdout: ['lxcbr0 stays', 'lxcbr1 stays'] }, { stdout: ['veth1', 'veth2'] }],
  },
  'a namespace': {
    hides: [{ stdout: ['net:[4026532567]', 'net:[4026531840]'] }],
    shows: [{ stdout: ['net:[4026532567]', 'pid:[4026532567]'] }, { stdout: ['4026532567', '4026531840'] }],
  },
  'a port of a server of the tests': {
    hides: [
      { argv: ['lxc-create -- --server 127.0.0.1:46681', 'lxc-create -- --server 127.0.0.1:40231'] },
      { stderr: ['https://127.0.0.1:46681/a is', 'https://127.0.0.1:40231/a is'] },
    ],
    shows: [{ stderr: ['127.0.0.1:443', '127.0.0.1:444'] }, { stderr: ['10.0.3.1:46681', '10.0.3.1:40231'] }],
  },
  'a pid in a path': {
    hides: [{ argv: ['lxcfs inject /proc/71/ns/net', 'lxcfs inject /proc/72/ns/net'] }],
    shows: [{ argv: ['cat /proc/71/ns/net', 'cat /proc/71/ns/mnt'] }, { stderr: ['/proc/71', '/proc/72'] }],
  },
  'a pid to share with': {
    hides: [{ argv: ['lxc-start -n a --share-net=71', 'lxc-start -n a --share-net=72'] }],
    shows: [
      { argv: ['lxc-start -n a --share-net=71', 'lxc-start -n a --share-ipc=71'] },
      { argv: ['lxc-start -n a --share-net=b1', 'lxc-start -n a --share-net=b2'] },
    ],
  },
  'a pid to reattach': {
    hides: [
      { argv: ['lxcfs reattach 71', 'lxcfs reattach 72'] },
      { command: 'lxcfs reattach 71', stdout: ['71: 13 files', '72: 13 files'] },
    ],
    shows: [{ command: 'lxcfs reattach 71', stdout: ['71: 13 files', '71: 14 files'] }],
  },
  'the process that takes over': {
    hides: [
      {
        command: 'lxcfs --replace /v',
        stdout: ['/v: process 7 goes on with /b', '/v: process 8 goes on with /b'],
      },
    ],
    shows: [
      {
        command: 'lxcfs --replace /v',
        stdout: ['/v: process 7 goes on with /b', '/v: process 7 goes on with /c'],
      },
    ],
  },
  'the pid of a container': {
    hides: [{ command: 'lxc-info -n a', stdout: ['PID:            71\n', 'PID:            18648\n'] }],
    shows: [
      { command: 'lxc-info -n a', stdout: ['PID:            71\n', 'PID:            -1\n'] },
      { command: 'lxc-info -n a', stdout: ['PID:            71\n', 'PID:   71\n'] },
    ],
  },
  'the pid alone': {
    hides: [{ command: 'lxc-info -n a -p -H', stdout: ['71\n', '18648\n'] }],
    shows: [
      { command: 'lxc-info -n a -p -H', stdout: ['71\n', '\n'] },
      { command: 'lxc-info -n a -c lxc.tty.max', stdout: ['lxc.tty.max = 12', 'lxc.tty.max = 4'] },
    ],
  },
  'what a container used': {
    hides: [
      {
        command: 'lxc-info -n a',
        stdout: ['CPU use:        0.01 seconds\n', 'CPU use:        10.2 seconds\n'],
      },
      { command: 'lxc-info -n a -H', stdout: ['Memory use:     241664\n', 'Memory use:     507904\n'] },
      { command: 'lxc-info -n a', stdout: [' TX bytes:      1.20 KiB\n', ' TX bytes:      7 bytes\n'] },
    ],
    shows: [
      { command: 'lxc-info -n a', stdout: ['Memory use:     1 KiB\n', 'KMem use:       1 KiB\n'] },
      { command: 'lxc-info -n a', stdout: ['Memory use:     1 KiB\n', 'Memory use:     -1\n'] },
      { command: 'lxc-info -n a', stdout: ['Link:           veth1\n', 'Link:           veth2\n'] },
    ],
  },
  'what JSON says was used': {
    hides: [
      {
        command: 'lxc-info -n a --format json',
        stdout: [
          '{"pid": 7, "memoryBytes": 12, "cpuNanoseconds": 9}',
          '{"pid": 8, "memoryBytes": 4, "cpuNanoseconds": 1}',
        ],
      },
    ],
    shows: [
      { command: 'lxc-info -n a --format json', stdout: ['{"pid": 7}', '{"pid": null}'] },
      { command: 'lxc-info -n a --format json', stdout: ['{"limit": 7}', '{"limit": 8}'] },
    ],
  },
  'the index of an interface': {
    hides: [
      {
        command: 'lxc-start -n a --plan --format json',
        stdout: ['"netns": "/run/n",\n  "index": 42,', '"netns": "/run/n",\n  "index": 7,'],
      },
    ],
    shows: [
      {
        command: 'lxc-start -n a --plan --format json',
        stdout: ['"netns": "/n",\n "index": 4', '"netns": "/m",\n "index": 4'],
      },
      { command: 'lxc-start -n a --plan --format json', stdout: ['"which": 4', '"which": 5'] },
    ],
  },
  'the size of a record': {
    hides: [
      {
        command: 'lxc-start -n a --plan',
        stdout: [
          '   1 openRecord path=/run/a head=1638 bytes\n',
          '   1 openRecord path=/run/a head=1655 bytes\n',
        ],
      },
    ],
    shows: [
      {
        command: 'lxc-start -n a --plan',
        stdout: ['   1 openRecord path=/run/a head=9 bytes\n', '   1 openRecord path=/run/b head=9 bytes\n'],
      },
      {
        command: 'lxc-start -n a --plan',
        stdout: ['   1 other head=8 bytes\n', '   1 other head=9 bytes\n'],
      },
    ],
  },
  'columns of pids and memory': {
    hides: [
      {
        command: 'lxc-ls -f -F NAME,PID,RAM',
        stdout: [
          'NAME PID   RAM    \na    71    0.23MB \nb    -     -      ',
          'NAME PID RAM     \na    27  10.23MB \nb    -   -       ',
        ],
      },
    ],
    shows: [
      { command: 'lxc-ls -f -F NAME,PID', stdout: ['NAME PID\na-1  71', 'NAME PID\na-2  71'] },
      { command: 'lxc-ls -f -F PID,AUTOSTART', stdout: ['PID AUTOSTART \n71  0 ', 'PID AUTOSTART \n71  1 '] },
      { command: 'lxc-ls -f -F PID', stdout: ['PID \n71 \n', 'PID \n-  \n'] },
      { command: 'lxc-ls -f -F STATE', stdout: ['STATE  \nFROZEN ', 'STATE   \nFROZEN  '] },
    ],
  },
  'the time of a snapshot': {
    hides: [
      {
        command: 'lxc-snapshot -n a -L',
        stdout: ['snap0 (/s) 2026:11:21 09:31:47\n', 'snap0 (/s) 2027:01:02 00:00:00\n'],
      },
    ],
    shows: [
      {
        command: 'lxc-snapshot -n a -L',
        stdout: ['snap0 (/s) 2026:11:21 09:31:47\n', 'snap1 (/s) 2026:11:21 09:31:47\n'],
      },
      { command: 'lxc-snapshot -n a -L', stdout: ['snap0 (/s) 2026:11:21 09:31:47\n', 'snap0 (/s) \n'] },
    ],
  },
  'the time of a message of criu': {
    hides: [
      { command: 'lxc-checkpoint -n a', stderr: ['failed: (00.010241) Error', 'failed: (00.025895) Error'] },
    ],
    shows: [
      {
        command: 'lxc-checkpoint -n a',
        stderr: ['failed: (00.010241) Error (a.c:1)', 'failed: (00.010241) Error (a.c:2)'],
      },
    ],
  },
  'the time of a message of skopeo': {
    hides: [
      {
        command: 'lxc-create -n a -t oci',
        stderr: ['time="2026-11-21T09:31:51Z" level=fatal', 'time="2027-01-02T00:00:00Z" level=fatal'],
      },
    ],
    shows: [
      {
        command: 'lxc-create -n a -t oci',
        stderr: ['time="2026-11-21T09:31:51Z" level=fatal', 'time="2026-11-21T09:31:51Z" level=error'],
      },
    ],
  },
  'the pid of dnsmasq': {
    hides: [
      {
        command: 'lxc-net status',
        stdout: ['Dnsmasq:        15401\nPorts:\n', 'Dnsmasq:        23994\nPorts:\n'],
      },
    ],
    shows: [
      {
        command: 'lxc-net status',
        stdout: ['Dnsmasq:        15401\nPorts:\n', 'Dnsmasq:        -\nPorts:\n'],
      },
    ],
  },
  'where the time of a start went': {
    hides: [
      {
        command: traced,
        stderr: [
          lines(
            '  1.0   2.0  brain   wake up',
            '  3.0   4.0  child   exec argv=/a',
            '  4.0   1.0  parent  wait',
            '  9.0  50.5 %  between the acts',
          ),
          lines(
            '  0.0  20.0  client  look for a brain',
            '  3.5   4.5  parent  wait',
            '  4.0   1.0  child   exec argv=/a',
          ),
        ],
      },
      {
        command: traced,
        stderr: [
          lines('  3.0   4.0  child   mount', '  4.0   1.0  parent  wait', 'lxc-start: no'),
          lines('  3.0   4.0  child   mount', 'lxc-start: no'),
        ],
      },
    ],
    shows: [
      {
        command: traced,
        stderr: [
          lines('  3.0   4.0  child   exec argv=/a', '  4.0   1.0  parent  wait'),
          lines('  3.0   4.0  child   exec argv=/a', '  4.0   1.0  parent  post'),
        ],
      },
      {
        command: traced,
        stderr: [
          lines('  3.0   4.0  child   a', '  3.0   4.0  child   b'),
          lines('  3.0   4.0  child   b', '  3.0   4.0  child   a'),
        ],
      },
      { command: traced, stderr: ['lxc-start: a: one', 'lxc-start: a: two'] },
    ],
  },
  'processes that come and go': {
    hides: [
      {
        command: 'lxc-ps -e -o pid,args',
        stdout: [
          'CONTAINER PID COMMAND\n          1 init\nNAME-1    7 /probe\n',
          'CONTAINER PID COMMAND\nNAME-1   88 /probe\n          9 sh\n',
        ],
      },
    ],
    shows: [
      {
        command: 'lxc-ps -e',
        stdout: ['CONTAINER PID\nNAME-1    7 /probe\n', 'CONTAINER PID\nNAME-2    7 /probe\n'],
      },
      { command: 'lxc-ps -e', stdout: ['CONTAINER PID\nNAME-1    7 /probe\n', 'CONTAINER PID\n'] },
      { command: 'lxc-ps -e', stderr: ['No PID field found', ''] },
    ],
  },
  'the pid of a probe': {
    hides: [{ command: onlyProbe, stdout: ['{"pid": 7,\n"ppid": 0}', '{"pid": 8,\n"ppid": 0}'] }],
    shows: [
      { command: onlyProbe, stdout: ['{"pid": 7,\n"ppid": 0}', '{"pid": 7,\n"ppid": 1}'] },
      { command: onlyProbe, stdout: ['{"pid": 7}', ''] },
    ],
  },
  'a boot id': {
    hides: [
      {
        command: onlyProbe,
        stdout: [
          '"bootId": "8a3edd2c-ecdc-4727-97cf-eba85ec2c5e2\\n"',
          '"bootId": "84369b89-dc01-45f5-b075-158bc0b62747\\n"',
        ],
      },
    ],
    shows: [
      { command: onlyProbe, stdout: ['"bootId": "8a3edd2c-ecdc-4727-97cf-eba85ec2c5e2"', '"bootId": ""'] },
    ],
  },
  'a keyring': {
    hides: [{ command: onlyProbe, stdout: ['"sessionKeyring": 39965720', '"sessionKeyring": 1'] }],
    shows: [{ command: onlyProbe, stdout: ['"sessionKeyring": 39965720', '"sessionKeyring": 0'] }],
  },
  'the number of a terminal': {
    hides: [{ command: onlyProbe, stdout: ['"device": "136:0"', '"device": "136:12"'] }],
    shows: [{ command: onlyProbe, stdout: ['"device": "1:3"', '"device": "1:5"'] }],
  },
  'the numbers of mounts': {
    hides: [
      {
        command: onlyProbe,
        stdout: [
          '"mountinfo": "127 83 0:46 / / rw\\u000a128 127 0:26 /0 /dev/console rw"',
          '"mountinfo": "9 1 0:7 / / rw\\u000a10 9 0:2 /3 /dev/console rw"',
        ],
      },
    ],
    shows: [
      { command: onlyProbe, stdout: ['"mountinfo": "7 8 0:4 / / rw"', '"mountinfo": "7 8 0:4 / / ro"'] },
      {
        command: onlyProbe,
        stdout: ['"mountinfo": "7 8 0:4 /1 /srv rw"', '"mountinfo": "7 8 0:4 /2 /srv rw"'],
      },
    ],
  },
  'the numbers of groups of mounts': {
    hides: [{ command: onlyProbe, stdout: ['/ rw shared:1 master:2 -', '/ rw shared:17 master:4 -'] }],
    shows: [
      { command: onlyProbe, stdout: ['/ rw shared:1 -', '/ rw master:1 -'] },
      { command: onlyProbe, stdout: ['/ rw shared:1 -', '/ rw -'] },
    ],
  },
  'how fast a reader was': {
    hides: [
      {
        command: 'lxc-attach -n a -- /reader  cat /f',
        stdout: ['{"reads":7,"errors":0,"longest":812}', '{"reads":912,"errors":0,"longest":4}'],
      },
    ],
    shows: [
      {
        command: 'lxc-attach -n a -- /reader  cat /f',
        stdout: ['{"reads":7,"foreign":0}', '{"reads":7,"foreign":1}'],
      },
      {
        command: 'lxc-attach -n a -- /reader  cat /f',
        stdout: ['{"reads":7,"errno":0}', '{"reads":7,"errno":107}'],
      },
    ],
  },
  'what a reader had when the mount broke': {
    hides: [
      {
        command: 'lxc-attach -n a -- /reader  cat /f',
        stdout: ['{"torn":0,"errors":9,"errno":107}', '{"torn":2,"errors":9,"errno":107}'],
      },
    ],
    shows: [
      {
        command: 'lxc-attach -n a -- /reader  cat /f',
        stdout: ['{"torn":0,"errors":9,"errno":5}', '{"torn":2,"errors":9,"errno":5}'],
      },
    ],
  },
  'a pid inside': {
    hides: [{ command: 'lxc-attach -n a -- pidof syslogd', stdout: ['4\n', '51\n'] }],
    shows: [
      { command: 'lxc-attach -n a -- pidof syslogd', stdout: ['4\n', '\n'] },
      { command: 'lxc-attach -n a -- pidof syslogd', stdout: ['4\n', '4 5\n'] },
    ],
  },
  'random bytes': {
    hides: [{ command: 'lxc-attach -n a -- dd if=/dev/urandom bs=8', stdout: ['7#d', '\nx'] }],
    shows: [
      { command: 'lxc-attach -n a -- dd if=/dev/urandom bs=8', stdout: ['7#d', ''] },
      { command: 'lxc-attach -n a -- dd if=/dev/urandom bs=8', stderr: ['1+0 records in', '0+0 records in'] },
    ],
  },
  'what meminfo counts': {
    hides: [
      {
        command: 'lxc-attach -n a -- cat /proc/meminfo',
        stdout: [
          'MemTotal:     65536 kB\nActive(anon):   20 kB\n',
          'MemTotal:     65536 kB\nActive(anon):  120 kB\n',
        ],
      },
    ],
    shows: [
      { command: 'lxc-attach -n a -- cat /proc/meminfo', stdout: ['MemTotal: 7 kB\n', 'MemTotal: 8 kB\n'] },
      { command: 'lxc-attach -n a -- cat /proc/meminfo', stdout: ['Active: 7 kB\n', 'Inactive: 7 kB\n'] },
    ],
  },
  'what free shows': {
    hides: [
      {
        command: 'lxc-attach -n a -- /bin/busybox free',
        stdout: ['Mem:  262144  828  7', 'Mem:  262144  6  8'],
      },
    ],
    shows: [
      {
        command: 'lxc-attach -n a -- /bin/busybox free',
        stdout: ['Mem:  262144  828  7', 'Mem:  131072  828  7'],
      },
    ],
  },
  'what the kernel counts of a process': {
    hides: [
      {
        command: 'lxc-attach -n a -- cat /proc/self/status',
        stdout: ['VmRSS:\t 12 kB\nPid:\t7\n', 'VmRSS:\t 4 kB\nPid:\t31\n'],
      },
      {
        command: onlyProbe,
        stdout: ['probe\\u000aSigQ:\\u00097/96365\\u000a', 'probe\\u000aSigQ:\\u00095/96365\\u000a'],
      },
    ],
    shows: [
      { command: 'lxc-attach -n a -- cat /proc/self/status', stdout: ['Seccomp:\t2\n', 'Seccomp:\t0\n'] },
      { command: onlyProbe, stdout: ['\\u000aPPid:\\u00090\\u000a', '\\u000aPPid:\\u00091\\u000a'] },
      { command: onlyProbe, stdout: ['\\u000aCapBnd:\\u00090\\u000a', '\\u000aCapBnd:\\u00091\\u000a'] },
    ],
  },
  'what programs inside measure': {
    hides: [
      { command: 'lxc-attach -n a -- /bin/cat /proc/stat', stdout: ['intr 7217 1867', 'intr 7383  99'] },
      {
        command: 'lxc-execute -n a -- /usr/bin/uptime',
        stdout: [' 09:28:58 up 0 min', ' 10:42:52 up 0 min'],
      },
    ],
    shows: [
      { command: 'lxc-attach -n a -- /bin/cat /proc/stat', stdout: ['cpu 7 intr 7', 'intr 7 cpu 7'] },
      { command: 'lxc-attach -n a -- /bin/cat /proc/stat', stderr: ['intr 7', 'intr 8'] },
      { command: 'lxc-attach -n a -- /bin/echo', stdout: ['7', '8'] },
    ],
  },
};

function answersOf({ command = 'lxc-ls', argv, stdout, stderr }: Pair): readonly [string, string] {
  const [one, other] = ([0, 1] as const).map((side): string => {
    const answer: Answer = {
      argv: (argv?.[side] ?? command).split(' '),
      status: 0,
      stdout: stdout?.[side] ?? '',
      stderr: stderr?.[side] ?? '',
    };
    return JSON.stringify(comparable(answer));
  });
  return [one ?? '', other ?? ''];
}

for (const [rule, { hides, shows }] of Object.entries(examples)) {
  test(`The rule for ${rule} hides that alone`, () => {
    for (const pair of hides) {
      const [one, other] = answersOf(pair);
      expect(one).toBe(other);
    }
    for (const pair of shows) {
      const [one, other] = answersOf(pair);
      expect(one).not.toBe(other);
    }
  });
}

test('No rule hides another exit status', () => {
  const answer = { argv: ['lxc-info', '-n', 'a'], stdout: 'PID: 7', stderr: '' };
  expect(comparable({ ...answer, status: 0 })).not.toEqual(comparable({ ...answer, status: 1 }));
});

test('Tests in which commands race are known by their titles', () => {
  expect(isRace('SIGKILL to the command at any moment of a start leaks nothing')).toBe(true);
  expect(isRace('Nothing outside changes while links are exchanged')).toBe(true);
  expect(isRace('Nothing outside changes where /dev is a link')).toBe(false);
  expect(isRace('With LXCFS readers by sendfile are shown another container')).toBe(true);
});
