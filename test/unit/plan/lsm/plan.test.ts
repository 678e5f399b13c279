import { describe, expect, test } from 'vitest';
import { type AppArmorFacts, noLsm } from '../../../../src/plan/lsm/facts.ts';
import type { PlannedOp } from '../../../../src/wire/program.ts';
import { host, minimal, planOf, refusal } from '../fixture.ts';

const appArmor: AppArmorFacts = {
  attribute: 'apparmor/exec',
  caller: 'unconfined',
  mediatesMounts: true,
  stacks: true,
  hasDefault: true,
  parser: '/usr/sbin/apparmor_parser',
  generated: undefined,
};

function on(more: Partial<AppArmorFacts> = {}) {
  return { ...host, lsm: { appArmor: { ...appArmor, ...more }, seLinux: false } };
}

interface Case {
  readonly lines?: readonly string[];
  readonly facts?: Partial<AppArmorFacts>;
  readonly uid?: number;
}

function planned({ lines = [], facts = {}, uid = 0 }: Case = {}) {
  return planOf({ lines: [...minimal, ...lines], request: { uid }, facts: on(facts) }).program;
}

function refused({ lines = [], facts = {}, uid = 0 }: Case): string {
  return refusal({ lines: [...minimal, ...lines], request: { uid }, facts: on(facts) });
}

function labels({ child }: { readonly child: readonly PlannedOp[] }): readonly unknown[] {
  return child.flatMap((one) => (one.op === 'lsmLabel' ? [one.args] : []));
}

/** Those about the profile. */
function own({ parent }: { readonly parent: readonly PlannedOp[] }): readonly PlannedOp[] {
  return parent.filter(({ why }) => why.key === 'lxc.apparmor.profile');
}

function textOf(program: { readonly parent: readonly PlannedOp[] }): string | undefined {
  return own(program).flatMap((one) =>
    one.op === 'writeFile' ? [Buffer.from(one.args.text).toString()] : [],
  )[0];
}

const generated = 'lxc.apparmor.profile = generated';
const stacked = 'lxc-web_</var/lib/lxc>//&:lxc-web_<-var-lib-lxc>:';

describe('lxc.apparmor.profile', () => {
  test('is that of the package lxc where nobody chose', () => {
    expect(labels(planned())).toEqual([
      { attribute: 'apparmor/exec', label: 'exec lxc-container-default-cgns' },
    ]);
  });

  test('is generated where nobody chose and that one is not loaded', () => {
    expect(labels(planned({ facts: { hasDefault: false } }))).toEqual([
      { attribute: 'apparmor/exec', label: `exec ${stacked}` },
    ]);
  });

  test('is what the line names', () => {
    const program = planned({ lines: ['lxc.apparmor.profile = mine'], facts: { attribute: 'exec' } });
    expect(labels(program)).toEqual([{ attribute: 'exec', label: 'exec mine' }]);
  });

  test('is entered after the last hook of the host, before the root changes', () => {
    const ops = planned({ lines: ['lxc.hook.mount = /bin/m', 'lxc.hook.start = /bin/s'] }).child.map(
      ({ op }) => op,
    );
    const at = ops.indexOf('lsmLabel');
    expect(ops.slice(0, at)).toContain('runHook');
    expect(ops[at + 1]).toBe('pivotRoot');
    expect(ops.slice(at)).toContain('runHook');
  });

  test.each(['unchanged', 'unconfined'])('as %s leaves an unconfined caller as he is', (word) => {
    expect(labels(planned({ lines: [`lxc.apparmor.profile = ${word}`] }))).toEqual([]);
  });

  test('keeps that of a confined caller where the kernel stacks none, and refuses another one', () => {
    const facts = { caller: 'lxc-outer', stacks: false };
    expect(labels(planned({ facts }))).toEqual([]);
    expect(refused({ facts, lines: ['lxc.apparmor.profile = mine'] })).toBe(
      'web.conf:4: Failed to use the AppArmor profile mine: the caller is confined by lxc-outer; remove the line, or set it to unchanged; its profile holds for the container then',
    );
  });
});

describe('a generated profile', () => {
  test('is written, compiled and loaded before init is born, and gone at the end', () => {
    const { parent } = planned({ lines: [generated] });
    const [, write, make, load] = own({ parent });
    expect(own({ parent }).map(({ op, undo = [] }) => [op, ...undo.map((one) => one.op)])).toEqual([
      ['mkdir'],
      ['writeFile'],
      ['mkdir', 'rmdir'],
      ['spawn', 'spawn'],
    ]);
    const file = '/var/lib/lxc/web/apparmor/lxc-web';
    expect(write).toMatchObject({ args: { path: file, mode: 0o600 } });
    expect(make).toMatchObject({
      args: { path: '/sys/kernel/security/apparmor/policy/namespaces/lxc-web_<-var-lib-lxc>' },
    });
    const parser = '/usr/sbin/apparmor_parser';
    const cache = '--cache-loc=/var/lib/lxc/web/apparmor/cache';
    expect(load).toMatchObject({
      args: { argv: [parser, '--replace', '--write-cache', cache, file] },
      undo: [{ args: { argv: [parser, '--remove', file] } }],
    });
    const ops = parent.map(({ op }) => op);
    expect(ops.indexOf('spawn')).toBeLessThan(ops.indexOf('clone'));
  });

  test('is not written again where it says the same', () => {
    const text = textOf(planned({ lines: [generated] }));
    const again = planned({ lines: [generated], facts: { generated: text } });
    expect(own(again).map(({ op }) => op)).toEqual(['mkdir', 'spawn']);
  });

  test('has lxc.apparmor.raw and the rules of lxc.apparmor.allow_nesting in it', () => {
    const lines = [generated, 'lxc.apparmor.raw = deny /x w,', 'lxc.apparmor.allow_nesting = 1'];
    const text = textOf(planned({ lines }));
    expect(text).toContain('  deny /x w,\n');
    expect(text).toContain('  pivot_root,\n');
  });

  test('has no namespace of its own without stacking', () => {
    const program = planned({ lines: [generated], facts: { stacks: false } });
    expect(labels(program)).toEqual([{ attribute: 'apparmor/exec', label: 'exec lxc-web_</var/lib/lxc>' }]);
    expect(program.parent.some(({ undo = [] }) => undo.some(({ op }) => op === 'rmdir'))).toBe(false);
  });

  test('has a short name where the kernel takes no long one', () => {
    const { parent } = planOf({
      lines: [...minimal, generated],
      request: { lxcpath: `/${'x'.repeat(300)}` },
      facts: on(),
    }).program;
    expect(parent.find(({ op }) => op === 'rmdir' || op === 'spawn')?.why.act).toMatch(
      /profile lxc-[0-9a-f]{16}$/,
    );
  });

  test('needs root, and the parser', () => {
    expect(refused({ lines: [generated], facts: { parser: undefined } })).toBe(
      'web.conf:4: Failed to generate an AppArmor profile: there is no program apparmor_parser; install apparmor, or name one that is loaded, such as lxc-container-default-cgns, or unconfined',
    );
    expect(refused({ lines: [generated], uid: 1000 })).toContain('only root loads profiles');
  });
});

describe('lxc.apparmor.allow_incomplete', () => {
  const facts = { mediatesMounts: false };

  test('starts where the kernel does not mediate mounts', () => {
    expect(labels(planned({ facts, lines: ['lxc.apparmor.allow_incomplete = 1'] }))).toHaveLength(1);
    expect(refused({ facts })).toBe(
      'Failed to confine the container: AppArmor of this kernel does not mediate mounts; set lxc.apparmor.allow_incomplete = 1 to start it all the same, or lxc.apparmor.profile = unconfined',
    );
  });

  test('is not asked for where nothing is confined', () => {
    expect(labels(planned({ facts, lines: ['lxc.apparmor.profile = unconfined'] }))).toEqual([]);
  });
});

describe('lxc.selinux.context', () => {
  const seLinux = { ...host, lsm: { seLinux: true } };
  const context = 'system_u:system_r:lxc_t:s0:c22';

  test('holds from exec on, and labels the keyring', () => {
    const { program } = planOf({ lines: [...minimal, `lxc.selinux.context = ${context}`], facts: seLinux });
    expect(labels(program)).toEqual([
      { attribute: 'keycreate', label: context },
      { attribute: 'exec', label: context },
    ]);
    const ops = program.child.map(({ op }) => op);
    expect(ops[ops.indexOf('lsmLabel') + 1]).toBe('keyring');
  });

  test('lxc.selinux.context.keyring labels the keyring alone', () => {
    const lines = [...minimal, `lxc.selinux.context.keyring = ${context}`];
    expect(labels(planOf({ lines, facts: seLinux }).program)).toEqual([
      { attribute: 'keycreate', label: context },
    ]);
  });

  test('is worth a line in the log where SELinux is off', () => {
    const { notes, program } = planOf({ lines: [...minimal, `lxc.selinux.context = ${context}`] });
    expect(notes).toMatchObject([{ key: 'lxc.selinux.context', level: 'INFO' }]);
    expect(labels(program)).toEqual([]);
  });
});

describe('where AppArmor is off', () => {
  test('what asks for it is worth one line in the log', () => {
    const lines = [...minimal, generated, 'lxc.apparmor.allow_nesting = 1', 'lxc.apparmor.raw = deny /x w,'];
    const { notes } = planOf({ lines, facts: { ...host, lsm: noLsm } });
    expect(notes).toEqual([
      {
        key: 'lxc.apparmor.profile',
        level: 'INFO',
        origin: { file: 'web.conf', line: 4 },
        message:
          'without effect, since AppArmor is off: it needs CONFIG_SECURITY_APPARMOR and apparmor=1 at boot',
      },
    ]);
  });

  test.each(['unconfined', 'unchanged'])('%s asks for nothing', (word) => {
    expect(planOf({ lines: [...minimal, `lxc.apparmor.profile = ${word}`] }).notes).toEqual([]);
  });
});

describe('lxc.apparmor.allow_nesting', () => {
  test('shows a whole /proc and /sys to the kernel', () => {
    const { child } = planOf({ lines: [...minimal, 'lxc.apparmor.allow_nesting = 1'] }).program;
    const targets = child.flatMap((one) =>
      one.op === 'mount' && one.args.target.includes('.lxc') ? [one] : [],
    );
    expect(targets.map(({ args, optional }) => [args.fstype, args.target, optional])).toEqual([
      ['proc', 'dev/.lxc/proc', true],
      ['sysfs', 'dev/.lxc/sys', true],
    ]);
  });
});
