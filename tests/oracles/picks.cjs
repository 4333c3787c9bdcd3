'use strict'
// {packument, wanted, options} -> the version npm picks, or null.

const pick = require('npm-pick-manifest')

require('./answer.cjs')(({ packument, wanted, options }) => {
  try {
    return pick(packument, wanted, options).version
  } catch (error) {
    if (error.code === 'ETARGET' || error.code === 'ENOVERSIONS') {
      return null
    }
    throw error
  }
})
