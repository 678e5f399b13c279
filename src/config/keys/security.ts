/** Capabilities, security modules, system call filters. */

import { bad, flag, path, text } from '../codec.ts';
import { capabilities, keptCapabilities } from '../codecs/security.ts';
import { type Codec, many, old, one } from '../row.ts';

const notifyProxy: Codec<string> = {
  form: 'unix:PATH',
  parse(value) {
    if (/^unix:./.test(value)) return value.slice('unix:'.length);
    throw bad('it does not start with "unix:"', 'the forms are unix:/PATH and unix:@NAME');
  },
  show: (value) => value,
};

export const securityKeys = {
  'lxc.cap.drop': many(capabilities, 'Capabilities that the container loses.', { since: '0.7' }),
  'lxc.cap.keep': many(keptCapabilities, 'The only capabilities that the container keeps.', { since: '1.0' }),
  'lxc.no_new_privs': one(flag, 'Whether programs gain no privileges by setuid bits and the like.', {
    since: '2.0',
    default: false,
  }),
  'lxc.keyring.session': one(flag, 'Whether init keeps the session keyring of the caller.', {
    since: '4.0',
    default: false,
  }),
  'lxc.sched.core': one(flag, 'Whether processors are never shared with others by hyper-threading.', {
    since: '5.0',
    default: false,
  }),
  'lxc.apparmor.profile': one(text, 'AppArmor profile: a name, generated, unchanged or unconfined.', {
    was: old('lxc.aa_profile', '0.9'),
  }),
  'lxc.apparmor.allow_incomplete': one(flag, 'Whether a kernel without mount mediation is good enough.', {
    was: old('lxc.aa_allow_incomplete', '2.0'),
    default: false,
  }),
  'lxc.apparmor.allow_nesting': one(flag, 'Whether the generated profile allows containers inside.', {
    since: '3.1',
    default: false,
  }),
  'lxc.apparmor.raw': many(text, 'Line added to the generated profile.', { since: '3.1' }),
  'lxc.selinux.context': one(text, 'SELinux context of the container.', {
    was: old('lxc.se_context', '1.0'),
  }),
  'lxc.selinux.context.keyring': one(text, 'SELinux context of its keyring.', {
    since: '4.0',
  }),
  'lxc.seccomp.profile': one(path, 'File with the rules for system calls.', {
    was: old('lxc.seccomp', '0.9'),
  }),
  'lxc.seccomp.allow_nesting': one(flag, 'Whether the rules apply also below other rules.', {
    since: '4.0',
    default: false,
  }),
  'lxc.seccomp.notify.proxy': one(notifyProxy, 'Socket of the program that decides on system calls.', {
    since: '4.0',
  }),
  'lxc.seccomp.notify.cookie': one(text, 'Text that this program is sent with each request.', {
    since: '4.0',
  }),
};
