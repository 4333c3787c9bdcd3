'use strict'
// Verifies bundles as npm does. A case is {bundle, root, name, version, sha512}; the answer is {accepted: true}, or
// {error}. What a trusted root has none of is not asked for, as npm's own library lets its callers say.

const { bundleFromJSON } = require('@sigstore/bundle')
const { TrustedRoot } = require('@sigstore/protobuf-specs')
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify')
const npa = require('npm-package-arg')

require('./answer.cjs')(({ bundle, root, name, version, sha512 }) => {
  try {
    const material = toTrustMaterial(TrustedRoot.fromJSON(root))
    const verifier = new Verifier(material, {
      ctlogThreshold: material.ctlogs.length ? 1 : 0,
      tlogThreshold: material.tlogs.length ? 1 : 0,
    })
    // What pacote asks of a subject.
    const { subject } = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString('utf8'))
    if (subject[0].name !== npa.toPurl(npa(`${name}@${version}`)) || subject[0].digest.sha512 !== sha512) {
      throw Object.assign(new Error('subject'), { code: 'EATTESTATIONSUBJECT' })
    }
    verifier.verify(toSignedEntity(bundleFromJSON(bundle)))
    return { accepted: true }
  } catch (error) {
    return { error: `${error.code ?? error.name}: ${error.message}` }
  }
})
