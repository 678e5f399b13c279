/**
 * What is used of node:net, which is loaded when it is needed and not before: that takes half as long as booting Node.js,
 * and the first start of a container, which waits for it, seldom needs it.
 */

export function nodeNet(): typeof import('node:net') {
  return process.getBuiltinModule('node:net');
}

const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

export function isIPv4(text: string): boolean {
  return ipv4.test(text);
}
