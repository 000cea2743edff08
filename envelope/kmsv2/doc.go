// Package kmsv2 wraps epoch keys with a plug-in of the Kubernetes KMS v2
// protocol: gRPC over a unix socket (k8s.io/kms/apis/v2). Every plug-in that
// serves a Kubernetes API server works, and so does any HSM behind one.
//
// The protocol has no encryption context. The context's hash is put inside the
// wrapped plaintext instead and compared after unwrapping, so that a wrapped
// key does not open under another context. The protocol leaves the choice of
// key to the plug-in: its socket is what the configuration trusts, and who can
// replace the socket can read what is sealed from then on. Keep its directory
// writable for the plug-in alone.
//
// The protocol has no error classes either. gRPC codes are mapped where they
// are clear (PermissionDenied, NotFound, FailedPrecondition, ...); a plug-in
// that answers Unknown or Internal to everything makes each failure look like
// an outage, which ends at max_epoch_age rather than at revocation_grace.
package kmsv2
