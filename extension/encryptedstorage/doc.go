// Package encryptedstorage is the encrypted_storage extension: a storage for
// sending queues and receivers' offsets that is sealed under a key service,
// crash-safe, and faster than the plaintext store it replaces.
//
// Use it where file_storage stands. What it adds over file_storage on an
// encrypted volume: someone who can read the mounted directory, a backup or a
// snapshot of the running machine reads ciphertext.
//
// Promises:
//
//   - No key, name or value of a record is in clear in the directory, nor in a
//     file name, log line, metric or error.
//   - What a batch that inserts has returned survives a crash (fsync:
//     on_insert), and every crash leaves the state after some earlier call.
//   - Damage, a missing key or a file of a newer version fails start-up. The
//     queue would take an error later for an empty store.
//   - The key service is asked at start and by a probe, never on the path of a
//     record.
//
// The engine is package sealedlog; its SPEC.md describes the files.
package encryptedstorage

//go:generate mdatagen metadata.yaml
