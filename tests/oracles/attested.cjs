'use strict'
// Audits attestations as npm does, but for the root, which npm would fetch. A case is {registry, spec, root}; the answer
// is {attestations}, what npm read of the version, or {error}.

const fs = require('node:fs')
const os = require('node:os')
const { join } = require('node:path')
const { bundleFromJSON } = require('@sigstore/bundle')
const { TrustedRoot } = require('@sigstore/protobuf-specs')
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify')

let trusted = null
const path = require.resolve('sigstore')
require.cache[path] = {
  id: path,
  filename: path,
  loaded: true,
  exports: {
    verify: async bundle => new Verifier(toTrustMaterial(TrustedRoot.fromJSON(trusted)))
      .verify(toSignedEntity(bundleFromJSON(bundle))),
  },
}
const pacote = require('pacote')

async function answer ({ registry, spec, root }) {
  const cache = fs.mkdtempSync(join(os.tmpdir(), 'prism-attested-'))
  trusted = root
  try {
    const options = { registry, cache, preferOnline: true, fetchRetries: 0, verifyAttestations: true }
    const manifest = await pacote.manifest(spec, { ...options, fullMetadata: true })
    return { attestations: manifest._attestations ?? null }
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
