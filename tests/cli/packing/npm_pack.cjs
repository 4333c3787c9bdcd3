// Packs folders with the npm that is installed, by its own modules, and tells what each tarball holds.
// stdin: {"root": npm's folder, "folders": [{"path", "prefix"?, "workspaces"?}], "tarballs": bool}
// stdout: one JSON array, an item a folder: {"files": [...]}, with "tar" (base64, gunzipped) when asked, or {"error"}
'use strict'
const { createRequire } = require('node:module')
const { join } = require('node:path')
const { gunzipSync } = require('node:zlib')
const { readFileSync } = require('node:fs')

const job = JSON.parse(readFileSync(0, 'utf8'))
const npm = createRequire(join(job.root, 'package.json'))
const Arborist = npm('@npmcli/arborist')
const packlist = npm('npm-packlist')
const pacote = npm('pacote')

async function pack ({ path, prefix, workspaces }) {
  const tree = await new Arborist({ path }).loadActual()
  const files = await packlist(tree, { path, prefix, workspaces })
  if (!job.tarballs) return { files }
  const tarball = await pacote.tarball(`file:${path}`, {
    Arborist, allowDirectory: 'all', ignoreScripts: true, _isRoot: true, prefix, workspaces,
  })
  return { files, tar: gunzipSync(tarball).toString('base64') }
}

async function main () {
  const answers = []
  for (const folder of job.folders) {
    answers.push(await pack(folder).catch(error => ({ error: String(error) })))
  }
  process.stdout.write(JSON.stringify(answers))
}

main()
