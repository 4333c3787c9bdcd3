'use strict'
// spec -> {type, name, wanted} of a whole spec, or of {dependency} alone; an error of npm's is {type: 'error'}.

const npa = require('npm-package-arg')

require('./answer.cjs')(input => {
  try {
    const found = input.dependency === undefined ? npa(input, '/') : npa.resolve('name', input.dependency, '/')
    const target = found.type === 'alias' ? found.subSpec : found
    return { type: found.type, targetType: target.type, name: found.name, target: target.name, wanted: target.fetchSpec }
  } catch (error) {
    return { type: 'error', message: error.message }
  }
})
