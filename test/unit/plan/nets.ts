/** Interfaces of a configuration that is written in a few words. */

import { configOf, type Net } from '../../../src/config/index.ts';

/** Lines `sub = value` of interface 0, or `N.sub = value`. */
export function nets(...lines: readonly string[]): readonly Net[] {
  const entries = lines.map((line, index) => {
    const [sub = '', text = ''] = line.split(' = ');
    const key = `lxc.net.${/^[0-9]/.test(sub) ? sub : `0.${sub}`}`;
    return { key, spelled: key, text, origin: { file: 'c.conf', line: index + 1 } };
  });
  return configOf(entries, []).nets;
}
