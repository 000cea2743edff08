// Package envelope is the key hierarchy of otelcol-sealed.
//
// A key management service (KMS) wraps epoch keys. An epoch key is 32 random
// bytes, used for about a day. From it and a random salt every segment file
// derives its own AES-256-GCM key, so that no two files ever share a key.
//
//	KMS key ── wraps ──> epoch key ── HKDF-SHA256(salt) ──> segment key + commitment
//
// Which call to use:
//
//   - A store that seals files wants [Epochs]: it mints, reuses, rotates and
//     probes epoch keys, and says when inserts must be refused.
//   - A tool that reads files (verify, rewrap) wants a [Provider] and its Unwrap.
//   - Both then call [EpochKey.Segment] for the key of one file.
//
// Providers live in sub-packages: keyfile (a file of keys), awskms (AWS KMS),
// kmsv2 (the Kubernetes KMS v2 protocol). Nothing of a vendor leaks out of
// them: their errors are one of the classes of this package ([ErrDenied] and
// its peers), usable with errors.Is.
//
// Promises: files sealed by format version 1 stay readable; a key is only ever
// unwrapped by a KMS key that the configuration names; every length is bounded
// before it is allocated; no error and no String method shows key bytes.
//
// Limit: Go offers no way to clear the expanded AES key inside a cipher.AEAD,
// and the garbage collector may have copied what it moved. [EpochKey.Wipe] clears what
// this package holds, which shortens the life of a key in memory but does not
// defend against someone who reads the memory of the running process.
package envelope
