/**
 * dist/lxc.cjs: runs brain.js, with the code that V8 compiled for it at build time where that fits this Node.js. Without
 * it, and with another version, the same code is compiled as it is used. `--cache` writes it.
 */
'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');

function load(name, encoding) {
  try {
    return readFileSync(`${__dirname}/${name}`, encoding);
  } catch {
    return undefined;
  }
}

const filename = `${__dirname}/brain.js`;
const script = new Script(load('brain.js', 'latin1'), { filename, cachedData: load('brain.cache') });
const brain = { exports: {} };
script.runInThisContext()(require, brain, brain.exports, __dirname);
if (process.argv[2] === '--cache')
  brain.exports.warmUp().then(() => writeFileSync(`${__dirname}/brain.cache`, script.createCachedData()));
else brain.exports.start(process.argv[2]);
