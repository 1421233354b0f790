const { promisify } = require('node:util')
module.exports = { async run() { await import('x'); return new.target } }
switch (a) { case 1: case 2: { break } default: throw new Error('x', { cause: e }) }
try { } catch { } finally { }
