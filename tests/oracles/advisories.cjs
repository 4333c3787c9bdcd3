'use strict'
// {ranges, versions, range, version} -> {osv, npm}: whether OSV's evaluation, and npm with a range, hold the version for
// affected. OSV's is written as its schema describes it; npm's is what its audit asks of a range.

const semver = require('semver')

const before = (version, limit) => limit === '*' || semver.compare(version, limit) < 0

const inRange = (version, events) => {
  const limits = events.filter(event => event.limit !== undefined)
  if (limits.length > 0 && !limits.some(event => before(version, event.limit))) return false
  const at = event => event.introduced ?? event.fixed ?? event.last_affected
  const order = (a, b) => a === b ? 0 : a === '0' ? -1 : b === '0' ? 1 : semver.compare(a, b)
  let vulnerable = false
  for (const event of events.filter(event => at(event) !== undefined).sort((a, b) => order(at(a), at(b)))) {
    if (event.introduced !== undefined && (event.introduced === '0' || semver.gte(version, event.introduced))) {
      vulnerable = true
    }
    if (event.fixed !== undefined && semver.gte(version, event.fixed)) vulnerable = false
    if (event.last_affected !== undefined && semver.gt(version, event.last_affected)) vulnerable = false
  }
  return vulnerable
}

require('./answer.cjs')(({ ranges, versions, range, version }) => ({
  osv: versions.some(listed => semver.eq(listed, version)) || ranges.some(events => inRange(version, events)),
  npm: range !== '' && semver.satisfies(version, range, { includePrerelease: true, loose: true }),
}))
