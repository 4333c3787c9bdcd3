'use strict'
// Answers every JSON line of standard input with one JSON line.

module.exports = answer => {
  const lines = require('node:fs').readFileSync(0, 'utf8').split('\n').filter(Boolean)
  process.stdout.write(lines.map(line => JSON.stringify(answer(JSON.parse(line))) + '\n').join(''))
}
