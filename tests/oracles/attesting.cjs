'use strict'
// Publishes as npm does with a provenance file, but for the root, which npm would fetch. A case is
// {registry, token, manifest, tarball, bundle, root}, the tarball in base64; the answer is {published: true} or {error}.

const fs = require('node:fs')
const os = require('node:os')
const { dirname, join } = require('node:path')
const { bundleFromJSON } = require('@sigstore/bundle')
const { TrustedRoot } = require('@sigstore/protobuf-specs')
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify')

let trusted = null
const npm = dirname(require.resolve('npm/package.json'))
const library = require.resolve('libnpmpublish', { paths: [npm] })
const path = require.resolve('sigstore', { paths: [dirname(library)] })
require.cache[path] = {
  id: path,
  filename: path,
  loaded: true,
  exports: {
    verify: async bundle => new Verifier(toTrustMaterial(TrustedRoot.fromJSON(trusted)))
      .verify(toSignedEntity(bundleFromJSON(bundle))),
  },
}
const { publish } = require(library)

async function answer ({ registry, token, manifest, tarball, bundle, root }) {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'prism-attesting-'))
  const provenanceFile = join(folder, 'bundle.json')
  const { host, pathname } = new URL(registry)
  trusted = root
  fs.writeFileSync(provenanceFile, JSON.stringify(bundle))
  try {
    await publish(manifest, Buffer.from(tarball, 'base64'), {
      registry,
      [`//${host}${pathname}:_authToken`]: token,
      cache: join(folder, 'cache'),
      fetchRetries: 0,
      access: 'public',
      provenanceFile,
    })
    return { published: true }
  } catch (error) {
    return { error: error.code, detail: error.body?.detail ?? error.message }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

async function main () {
  for (const line of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
    process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + '\n')
  }
}

main()
