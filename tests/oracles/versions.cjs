'use strict'
// {version, other, loose} -> {valid, clean, order}; order is that of two versions, null if either is not one.

const semver = require('semver')

require('./answer.cjs')(({ version, other, loose }) => ({
  valid: semver.valid(version, { loose }),
  clean: semver.clean(version, { loose }),
  order: semver.valid(version, { loose }) && semver.valid(other, { loose })
    ? semver.compare(version, other, { loose })
    : null,
}))
