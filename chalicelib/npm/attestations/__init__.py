"""Attestations as npm sends and checks them: Sigstore bundles about one tarball, verified from the bytes alone.

bundles      the bundle, in its three shapes
statements   what is stated, and about what
roots        whom to trust, in Sigstore's format
trust        the root that is trusted where none was set
chains       from a certificate to a trusted authority
sct          the certificate's own log
tlog         the signature's log: promises, proofs (merkle, notes) and entries
timestamps   RFC 3161
keys         certificates, and signatures by any key of these
encoding     base64, and as much of DER as is needed
verifying    all of it in one
"""
