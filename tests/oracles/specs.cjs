'use strict'
// A whole spec, or {dependency} for what stands behind a name -> {type, name, kind, wanted}, where kind and wanted
// are those of an alias's target, and a version is clean; {type: 'error'} for what npm refuses.

const npa = require('npm-package-arg')
const semver = require('semver')

require('./answer.cjs')(input => {
  try {
    const found = input.dependency === undefined ? npa(input, '/') : npa.resolve('name', input.dependency, '/')
    const { type: kind, name, fetchSpec } = found.type === 'alias' ? found.subSpec : found
    const wanted = kind === 'version' ? semver.clean(fetchSpec, { loose: true }) : fetchSpec || '*'
    return { type: found.type, kind, name, wanted }
  } catch (error) {
    return { type: 'error' }
  }
})
