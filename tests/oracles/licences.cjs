'use strict'
// text -> whether npm reads it as an SPDX expression; {list} -> the identifiers that npm knows.

const parse = require('spdx-expression-parse')
const lists = {
  licences: [...require('spdx-license-ids'), ...require('spdx-license-ids/deprecated')],
  exceptions: [...require('spdx-exceptions'), ...require('spdx-exceptions/deprecated.json')],
}

require('./answer.cjs')(input => {
  if (typeof input !== 'string') return lists[input.list]
  try {
    parse(input)
    return true
  } catch {
    return false
  }
})
