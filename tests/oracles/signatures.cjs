'use strict'
// Installs as npm does that checks signatures. A case is {registry, spec, keys}, where `keys` is what the registry's
// `/-/npm/v1/keys` answers; the answer is {signatures} once the manifest and the tarball were accepted, or {error}.

const fs = require('node:fs')
const os = require('node:os')
const { join } = require('node:path')
const pacote = require('pacote')

async function answer ({ registry, spec, keys }) {
  const cache = fs.mkdtempSync(join(os.tmpdir(), 'prism-signatures-'))
  const { host, pathname } = new URL(registry)
  const options = {
    registry,
    cache,
    preferOnline: true,
    fetchRetries: 0,
    verifySignatures: true,
    [`//${host}${pathname}:_keys`]: keys.map(key => ({
      ...key,
      pemkey: `-----BEGIN PUBLIC KEY-----\n${key.key}\n-----END PUBLIC KEY-----`,
    })),
  }
  try {
    const manifest = await pacote.manifest(spec, options)
    await pacote.tarball(spec, options)
    return { signatures: manifest._signatures ?? [] }
  } catch (error) {
    return { error: error.code ?? error.message }
  } finally {
    fs.rmSync(cache, { recursive: true, force: true })
  }
}

async function main () {
  for (const line of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
    process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + '\n')
  }
}

main()
