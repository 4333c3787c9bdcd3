'use strict'
// {range, version, includePrerelease, loose} -> {normal, contains}; normal is null for what is not a range.

const semver = require('semver')

require('./answer.cjs')(({ range, version, includePrerelease, loose }) => ({
  normal: semver.validRange(range, { loose }),
  contains: semver.satisfies(version, range, { includePrerelease, loose }),
}))
