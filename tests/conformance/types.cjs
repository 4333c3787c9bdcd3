'use strict'
// Asks TypeScript which declarations each [, specifier] of questions.json has, once from a module and once from
// CommonJS, with NodeNext. Prints [import, require], each the path below node_modules or null.

const fs = require('node:fs')
const path = require('node:path')
const ts = require(process.env.PRISM_TYPESCRIPT)

const here = fs.realpathSync(__dirname)
const root = path.join(here, 'node_modules') + '/'
const options = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ESNext,
  resolveJsonModule: false,
}
const cache = ts.createModuleResolutionCache(here, name => name, options)
const importers = [
  ['asks.mts', ts.ModuleKind.ESNext],
  ['asks.cts', ts.ModuleKind.CommonJS],
]

const answers = JSON.parse(fs.readFileSync(path.join(here, 'questions.json'), 'utf8')).map(([, specifier]) =>
  importers.map(([importer, mode]) => {
    const found = ts.resolveModuleName(specifier, path.join(here, importer), options, ts.sys, cache, undefined, mode)
    const file = found.resolvedModule?.resolvedFileName
    return file?.startsWith(root) ? file.slice(root.length) : null
  }),
)
console.log(JSON.stringify(answers))
