'use strict'
// Extracts tarballs as npm does. A case is {tarball, folder}; the answer is {files: {path: {sha256, mode}}}, where a
// mode is null for what is not a file, or {error}.

const { createHash } = require('node:crypto')
const fs = require('node:fs')
const { join } = require('node:path')
const pacote = require('pacote')

function walk (root, below = '', found = {}) {
  for (const entry of fs.readdirSync(join(root, below), { withFileTypes: true })) {
    const path = below ? `${below}/${entry.name}` : entry.name
    if (entry.isDirectory()) {
      walk(root, path, found)
    } else {
      const bytes = entry.isFile() ? fs.readFileSync(join(root, path)) : ''
      const mode = entry.isFile() ? fs.lstatSync(join(root, path)).mode & 0o7777 : null
      found[path] = { sha256: createHash('sha256').update(bytes).digest('hex'), mode }
    }
  }
  return found
}

async function answer ({ tarball, folder }) {
  fs.mkdirSync(folder, { recursive: true })
  try {
    await pacote.extract(`file:${tarball}`, folder, { cache: join(folder, '..', '.cache') })
    return { files: walk(folder) }
  } catch (error) {
    return { error: error.code ?? error.message }
  }
}

async function main () {
  for (const line of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
    process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + '\n')
  }
}

main()
