'use strict'
// name -> {valid, errors, warnings}; names of Node's own modules count as valid.

const validate = require('validate-npm-package-name')

require('./answer.cjs')(name => {
  const { errors = [], warnings = [] } = validate(name)
  const broken = [...errors, ...warnings.filter(warning => !warning.endsWith('is a core module name'))]
  return { valid: broken.length === 0, broken }
})
