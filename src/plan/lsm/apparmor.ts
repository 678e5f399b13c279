/**
 * `lxc.apparmor.*`: the profile that init runs under. A generated one is written beside the configuration, loaded by
 * apparmor_parser before init is born, and unloaded at the container's end.
 */

import { LxcError } from '../../base/error.ts';
import type { RawEntry } from '../../config/index.ts';
import type { Op } from '../../wire/ops.ts';
import { where } from '../../wire/ops.ts';
import type { PlannedOp, Provenance } from '../../wire/program.ts';
import { askedBy, step } from '../../wire/step.ts';
import type { Inputs } from '../context.ts';
import type { StartRequest } from '../request.ts';
import type { AppArmorFacts } from './facts.ts';
import { profileText } from './profile.ts';

export interface AppArmor {
  readonly attribute: string;
  /** From exec on; `undefined`: it stays that of the caller. */
  readonly label: string | undefined;
  readonly entry: RawEntry | undefined;
  readonly generated: Generated | undefined;
}

interface Generated {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly text: string;
  readonly parser: string;
}

const profileKey = 'lxc.apparmor.profile';
const unconfined = 'unconfined';

/** `undefined` where AppArmor is off. */
export function resolveAppArmor(inputs: Inputs): AppArmor | undefined {
  const facts = inputs.facts.lsm.appArmor;
  if (facts === undefined) {
    noteOff(inputs);
    return undefined;
  }
  const entry = inputs.config.one(profileKey);
  const kept = { attribute: facts.attribute, label: undefined, entry, generated: undefined };
  const wish = wished(inputs, facts);
  if (wish === 'unchanged' || wish === facts.caller || staysConfined(inputs, facts, wish)) return kept;
  if (wish !== unconfined) refuseIncomplete(inputs, facts);
  if (wish !== 'generated') return { ...kept, label: wish };
  const generated = generate(inputs, facts);
  return { ...kept, label: labelOf(generated), generated };
}

/** Where nobody chose and the profile of LXC is not loaded, a generated one is as good; without the means for it the start says what is missing. */
function wished({ config, facts, request }: Inputs, { hasDefault, parser }: AppArmorFacts): string {
  const wish = config.value(profileKey);
  if (wish !== undefined) return wish;
  const canGenerate = request.uid === 0 && parser !== undefined;
  return hasDefault === false && canGenerate ? 'generated' : defaultProfile(facts.namespaces.has('cgroup'));
}

/** Debian's package lxc has both. */
export function defaultProfile(hasCgroupNamespaces: boolean): string {
  return hasCgroupNamespaces ? 'lxc-container-default-cgns' : 'lxc-container-default';
}

/** Without stacking a confined process cannot leave its profile for another one. */
function staysConfined({ config }: Inputs, { caller, stacks }: AppArmorFacts, wish: string): boolean {
  if (stacks || isFree(caller)) return false;
  const entry = config.one(profileKey);
  if (entry === undefined) return true;
  throw new LxcError(`Failed to use the AppArmor profile ${wish}: the caller is confined by ${caller}`, {
    origin: entry.origin,
    hint: 'remove the line, or set it to unchanged; its profile holds for the container then',
  });
}

/** Also as it looks from inside a namespace of profiles. */
function isFree(label: string): boolean {
  return label === '' || label === unconfined || label.endsWith(`:${unconfined}`);
}

function refuseIncomplete({ config }: Inputs, { mediatesMounts }: AppArmorFacts): void {
  if (mediatesMounts || config.value('lxc.apparmor.allow_incomplete')) return;
  throw new LxcError('Failed to confine the container: AppArmor of this kernel does not mediate mounts', {
    origin: config.one(profileKey)?.origin,
    hint: 'set lxc.apparmor.allow_incomplete = 1 to start it all the same, or lxc.apparmor.profile = unconfined',
  });
}

function generate({ config, request, facts }: Inputs, { parser, stacks, caller }: AppArmorFacts): Generated {
  const origin = config.one(profileKey)?.origin;
  const act = 'Failed to generate an AppArmor profile';
  const named = 'or name one that is loaded, such as lxc-container-default-cgns, or unconfined';
  if (request.uid !== 0)
    throw new LxcError(`${act}: only root loads profiles`, { origin, hint: `${named.slice('or '.length)}` });
  if (parser === undefined)
    throw new LxcError(`${act}: there is no program apparmor_parser`, {
      origin,
      hint: `install apparmor, ${named}`,
    });
  const name = shortened(`lxc-${request.name}_<${request.lxcpath}>`);
  const namespace = stacks && !caller.includes('//&') ? shortened(name.replaceAll('/', '-')) : undefined;
  const text = profileText({
    name,
    namespace,
    nesting: config.value('lxc.apparmor.allow_nesting'),
    mapped: config.many('lxc.idmap').length > 0 || facts.ids.user !== undefined,
    raw: config.many('lxc.apparmor.raw').map(({ value }) => value),
  });
  return { name, namespace, text, parser };
}

const longestName = 255;

/** Names of the kernel's files are no longer. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= longestName) return name;
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(name)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return `lxc-${hash.toString(16).padStart(16, '0')}`;
}

/** The container is under the profile, and unconfined in the namespace in which it may load profiles of its own. */
function labelOf({ name, namespace }: Generated): string {
  return namespace === undefined ? name : `${name}//&:${namespace}:`;
}

/** Where LXC keeps it: beside the configuration. */
export function profilePlace({ lxcpath, name }: Pick<StartRequest, 'lxcpath' | 'name'>): {
  readonly directory: string;
  readonly file: string;
  readonly cache: string;
} {
  const directory = `${lxcpath}/${name}/apparmor`;
  return { directory, file: `${directory}/lxc-${name}`, cache: `${directory}/cache` };
}

/** The parent's part. What is as it was is not written again, so that the parser finds what it compiled then. */
export function loadProfile(inputs: Inputs, appArmor: AppArmor | undefined): readonly PlannedOp[] {
  const generated = appArmor?.generated;
  if (generated === undefined) return [];
  const why = (act: string) => askedBy(appArmor?.entry, profileKey, act);
  const isNew = generated.text !== inputs.facts.lsm.appArmor?.generated;
  return [
    ...(isNew ? writeProfile(inputs, generated, why) : []),
    ...makeNamespace(generated, why),
    ...parse(inputs, generated, why),
  ];
}

type Why = (act: string) => Provenance;

const createAnew = 0o1000 | 0o100; // O_TRUNC, O_CREAT

function writeProfile({ request }: Inputs, { text }: Generated, why: Why): readonly PlannedOp[] {
  const { cache, file } = profilePlace(request);
  const make: Op = { op: 'mkdir', args: { path: cache, where: where.host, mode: 0o755 } };
  const write: Op = {
    op: 'writeFile',
    args: { path: file, text: Buffer.from(text), flags: createAnew, mode: 0o600 },
  };
  return [step(make, why(`make the directory ${cache}`)), step(write, why(`write the profile ${file}`))];
}

function makeNamespace({ namespace }: Generated, why: Why): readonly PlannedOp[] {
  if (namespace === undefined) return [];
  const path = `/sys/kernel/security/apparmor/policy/namespaces/${namespace}`;
  const make: Op = { op: 'mkdir', args: { path, where: where.host, mode: 0o755 } };
  const undo: Op = { op: 'rmdir', args: { path } };
  return [step(make, why(`make the AppArmor namespace ${namespace}`), { undo: [undo] })];
}

function parse({ request }: Inputs, { parser, name }: Generated, why: Why): readonly PlannedOp[] {
  const { file, cache } = profilePlace(request);
  const spawn = (...args: readonly string[]): Op => ({
    op: 'spawn',
    args: { argv: [parser, ...args, file], env: request.env },
  });
  const load = spawn('--replace', '--write-cache', `--cache-loc=${cache}`);
  return [step(load, why(`load the AppArmor profile ${name}`), { undo: [spawn('--remove')] })];
}

/** The child's part, after which it execs nothing but what is to be confined. */
export function confine(appArmor: AppArmor | undefined): readonly PlannedOp[] {
  if (appArmor?.label === undefined) return [];
  const { attribute, label, entry } = appArmor;
  const why = askedBy(entry, profileKey, `change to the AppArmor profile ${label}`);
  return [step({ op: 'lsmLabel', args: { attribute, label: `exec ${label}` } }, why)];
}

/** As LXC does, a configuration that asks for it starts without: most are made for whatever host there is. */
function noteOff({ config, notes }: Inputs): void {
  const wish = config.one(profileKey);
  const lines = [
    ...(wish === undefined || wish.value === unconfined || wish.value === 'unchanged' ? [] : [wish]),
    ...config.many('lxc.apparmor.raw'),
    ...(config.value('lxc.apparmor.allow_incomplete') ? [config.one('lxc.apparmor.allow_incomplete')] : []),
  ];
  const [first] = lines;
  if (first === undefined) return;
  const message =
    'without effect, since AppArmor is off: it needs CONFIG_SECURITY_APPARMOR and apparmor=1 at boot';
  notes.push({ key: first.key, message, origin: first.origin, level: 'INFO' });
}
