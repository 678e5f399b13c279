/**
 * What differs from run to run though nothing is different: pids, times, what was used, names that are drawn by lot.
 * Everything else is compared to the byte, so a rule says as narrowly as it can where what it hides stands. Pure.
 */

import type { Answer } from './transcript.ts';

type Part = 'argv' | 'stdout' | 'stderr';

interface Rule {
  /** Command lines that it is for; all where absent. */
  readonly command?: RegExp;
  /** The part that it is for; all where absent. */
  readonly part?: Part;
  readonly text: RegExp;
  readonly by: string | ((text: string) => string);
}

/** Command lines that end in the program of the tests that prints what it sees of its world. */
const probe = / \/probe$/;

/** In this order. Each has an example of what it hides, and of what it does not, in test/unit/system/chance.test.ts. */
export const rules = {
  'bytes in a plan': {
    command: /--plan --format json/,
    part: 'stdout',
    text: /(?<="base64": )"[\w+/]+={0,2}"/g,
    by: decoded,
  },
  'an address that is drawn': {
    command: /--plan --format json/,
    part: 'stdout',
    // IFLA_ADDRESS; the first byte keeps the address from becoming that of the bridge.
    text: /\n\0\x01\0\xfe[\s\S]{5}/g,
    by: 'ADDRESS',
  },
  // Not by chance, but it is what the runs differ by.
  'how commands are told to do without the daemon': { text: /"?\bLXC_TS_DAEMON=0(?:",?)?\s*/g, by: '' },
  'a name that a test draws': { text: /\bsystem-[0-9a-z]+-[0-9a-z]+-(\d+)/g, by: 'NAME-$1' },
  'the end of a drawn name': { text: /\b(NAME-\d+_)[A-Za-z0-9]{6}\b/g, by: '$1RANDOM' },
  'a temporary directory': { text: /(\/tmp\/[a-z-]+-)[A-Za-z0-9]{6}\b/g, by: '$1RANDOM' },
  'an interface whose name is drawn': { text: /\bveth[A-Za-z0-9]{6}\b/g, by: 'vethRANDOM' },
  'a namespace': { text: /\b([a-z]+:\[)\d+\]/g, by: '$1INODE]' },
  'a port of a server of the tests': { text: /\b(127\.0\.0\.1:)\d{4,5}\b/g, by: '$1PORT' },

  'a pid in a path': { part: 'argv', text: /(\/proc\/)\d+\b/g, by: '$1PID' },
  'a pid to share with': { part: 'argv', text: /(--share-[a-z]+=)\d+$/gm, by: '$1PID' },
  'a pid to reattach': { command: /^lxcfs reattach/, text: /^(lxcfs reattach )?\d+\b/g, by: '$1PID' },
  'the process that takes over': {
    command: /^lxcfs --replace/,
    part: 'stdout',
    text: /(: process )\d+( goes on)/g,
    by: '$1PID$2',
  },

  'the pid of a container': { command: /^lxc-info /, part: 'stdout', text: /^(PID: +)\d+$/gm, by: '$1PID' },
  'the pid alone': { command: /^lxc-info .*-p\b/, part: 'stdout', text: /^\d+$/gm, by: 'PID' },
  'what a container used': {
    command: /^lxc-info /,
    part: 'stdout',
    text: /^((?:CPU|BlkIO|Memory|KMem) use|.[TR]X bytes|.Total bytes): +[\d.]+( [a-zA-Z]+)?$/gm,
    by: '$1: USED',
  },
  'what JSON says was used': {
    command: /--format json/,
    part: 'stdout',
    text: /("(?:pid|dnsmasq|[a-zA-Z]*(?:Nanoseconds|Bytes))": )\d+/g,
    by: '$1#',
  },
  'the index of an interface': {
    command: /--plan --format json/,
    part: 'stdout',
    text: /("netns": "[^"]*",\s+"index": )\d+/g,
    by: '$1#',
  },
  // It holds pids and the environment; `--format json` shows what.
  'the size of a record': {
    command: / --(?:plan|trace)\b/,
    text: /\b(openRecord path=\S+ head=)\d+( bytes)$/gm,
    by: '$1#$2',
  },
  'columns of pids and memory': {
    command: /^lxc-ls .*\b(?:pid|ram|swap)\b/i,
    part: 'stdout',
    text: / +|\b\d+\.\d\dMB\b|(?<= )\d{2,}(?= )/g,
    by: '#',
  },
  'the time of a snapshot': {
    command: /^lxc-snapshot .*-L/,
    part: 'stdout',
    text: /\d{4}:\d\d:\d\d \d\d:\d\d:\d\d$/gm,
    by: 'TIME',
  },
  'the time of a message of criu': {
    command: /^lxc-checkpoint /,
    part: 'stderr',
    text: /\(\d\d\.\d{6}\)/g,
    by: '(TIME)',
  },
  'the time of a message of skopeo': {
    command: /^lxc-create .*-t oci/,
    part: 'stderr',
    text: /time="[-:TZ\d]+"/g,
    by: 'time="TIME"',
  },
  'the pid of dnsmasq': { command: /^lxc-net /, part: 'stdout', text: /^(Dnsmasq: +)\d+$/gm, by: '$1PID' },
  'where the time of a start went': {
    command: /^lxc-(?:start|execute) .*--trace/,
    part: 'stderr',
    text: /[\s\S]+/g,
    by: acts,
  },
  'processes that come and go': { command: /^lxc-ps /, part: 'stdout', text: /[\s\S]+/g, by: processes },

  'the pid of a probe': { command: probe, part: 'stdout', text: /^(\{"pid": )\d+/g, by: '$1PID' },
  'a boot id': { command: probe, part: 'stdout', text: /("bootId": ")[-0-9a-f]{36}/g, by: '$1ID' },
  'a keyring': { command: probe, part: 'stdout', text: /("sessionKeyring": )[1-9]\d*/g, by: '$1KEY' },
  'the number of a terminal': { command: probe, part: 'stdout', text: /("device": "136:)\d+/g, by: '$1N' },
  'the numbers of mounts': {
    command: probe,
    part: 'stdout',
    text: /(?<=\\u000a|"mountinfo": ")\d+ \d+ \d+:\d+ (?:(\/)\d+ (\/dev\/))?/g,
    by: 'N $1 $2',
  },
  'the numbers of groups of mounts': {
    command: probe,
    part: 'stdout',
    text: /\b(shared|master):\d+/g,
    by: '$1:N',
  },
  'how fast a reader was': {
    command: / \/reader /,
    part: 'stdout',
    text: /("(?:reads|errors|foreign|longest)":)[1-9]\d*/g,
    by: '$1#',
  },
  // Only LXCFS's mount ends with its server (ENOTCONN); a reader may have had the half of a file.
  'what a reader had when the mount broke': {
    command: / \/reader /,
    part: 'stdout',
    text: /("torn":)\d+(?=[^\n]*"errno":107\b)/g,
    by: '$1#',
  },
  'a pid inside': { command: / -- pidof \w+$/, part: 'stdout', text: /^\d+$/gm, by: 'PID' },
  'random bytes': { command: / if=\/dev\/urandom /, part: 'stdout', text: /^[\s\S]+$/g, by: 'BYTES' },
  'what meminfo counts': {
    command: /\bcat \/proc\/meminfo\b/,
    part: 'stdout',
    text: /^((?!MemTotal|SwapTotal)\w[^:\n]*): +\d+/gm,
    by: '$1: #',
  },
  'what free shows': {
    command: /[ /]free(?: -k)?$/,
    part: 'stdout',
    text: /^((?:Mem|Swap): +\d+) .*$/gm,
    by: '$1 #',
  },
  'what the kernel counts of a process': {
    command: /\bcat \/proc\/self\/status$| \/probe$/,
    part: 'stdout',
    text: /(?<=^|\\u000a)((?:Vm|Rss)[A-Z]\w+|SigQ|(?:Tg|P|NStg|NSp)id|\w*voluntary_ctxt_switches):(?:\t|\\u0009)[^\n\\]*/gm,
    by: '$1: #',
  },
  'what programs inside measure': {
    command: /\bcat \/proc\/(?:stat|uptime)$|\buptime$|\/top -bn1$/,
    part: 'stdout',
    text: / *\b\d[\d.:]*/g,
    by: '#',
  },
} satisfies Readonly<Record<string, Rule>>;

/** A request to the kernel, or a record but for the planner's pid. */
function decoded(base64: string): string {
  return atob(base64.slice(1, -1)).replace(/("pid":)\d+/, '$1PID');
}

/**
 * The acts of the parent, those of the child, and what else is said, without times; the daemon's are its own affair. How
 * far the parent comes while the child fails is chance.
 */
function acts(trace: string): string {
  const lines = trace.split('\n');
  const of = (list: string) => lines.flatMap((line) => timed.exec(line)?.groups?.[list] ?? []);
  const said = lines.filter((line) => line !== '' && !timed.test(line));
  const isWhole = of('child').some((act) => /^child +exec(?:Init)? /.test(act));
  return [...(isWhole ? of('parent') : []), ...of('child'), ...said].join('\n');
}

const timed =
  /^ *[\d.]+ +(?:[\d.]+ {2}(?:(?<parent>parent .*)|(?<child>child .*)|(?:brain|client) .*)|[\d.]+ % .*)$/;

/** Those of containers, without pids, whose turns they come in. */
function processes(table: string): string {
  const [header = '', ...lines] = table.replaceAll(/ +\d+ /g, ' PID ').split('\n');
  return [header, ...lines.filter((line) => line.startsWith('NAME-')).sort()].join('\n');
}

const races = [
  /^A thousand starts with random faults /,
  /^Commands that meet at what a killed monitor left /,
  /^Nothing outside changes while /,
  /^Of two starts at once /,
  /^With LXCFS readers by sendfile are shown another container/,
  / at any moment of /,
];

/** Who comes first decides what the commands of such a test answer. */
export function isRace(title: string): boolean {
  return races.some((race) => race.test(title));
}

/** A command line and its answer as they are in every run. */
export function comparable({ argv, status, stdout, stderr }: Answer): { argv: string; text: string } {
  const command = argv.join(' ');
  const plain = (part: Part, text: string) => applied(command, part, text);
  const text = JSON.stringify([status, plain('stdout', stdout), plain('stderr', stderr)]);
  return { argv: plain('argv', command), text };
}

/** What a command printed, as it is in every run. */
export function printed(command: string, stdout: string): string {
  return applied(command, 'stdout', stdout);
}

function applied(command: string, part: Part, text: string): string {
  const fitting = Object.values<Rule>(rules).filter(
    (rule) => (rule.part ?? part) === part && (rule.command?.test(command) ?? true),
  );
  return fitting.reduce(replaced, text);
}

function replaced(text: string, { text: chance, by }: Rule): string {
  return typeof by === 'string' ? text.replaceAll(chance, by) : text.replaceAll(chance, by);
}
