/** The manual: every page by its path in the project. */

import { catalogue } from '../catalogue.ts';
import { commandPage, overviewPage, pageName } from './command-page.ts';
import { confPage, containerConfPage } from './config-pages.ts';

export function manualPages(): Readonly<Record<string, string>> {
  return {
    'man/lxc.1': overviewPage(catalogue),
    ...Object.fromEntries(
      catalogue.map((command) => [`man/${pageName(command)}.1`, commandPage(command, catalogue)]),
    ),
    'man/lxc.conf.5': confPage(),
    'man/lxc.container.conf.5': containerConfPage(),
  };
}
