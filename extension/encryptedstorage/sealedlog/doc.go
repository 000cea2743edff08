// Package sealedlog is an encrypted, crash-safe key-value log: the engine of
// the encrypted_storage extension. It imports nothing of the collector.
//
// One [Log] is one directory of append-only segment files and an index in
// memory. Every batch of operations is one AEAD frame, which is what makes it
// atomic. Space comes back by dropping the oldest segment after its live
// records were appended again; nothing is ever changed in place.
//
// Use [Open], then [Log.Batch] and [Log.Walk], then [Log.Close]. Use [Inspect]
// and [Verify] to look at a directory that no process has open.
//
// Promises, each held by a test that drops un-synced data after every file
// operation (see SPEC.md, chapter "Crash safety"):
//
//   - After a crash the state equals the state after some earlier batch, in
//     every [SyncMode]; with [SyncOnInsert] that batch is not older than the
//     last one that inserted a key.
//   - A value that is returned was written under that key: damage gives
//     [ErrDamaged], never other bytes.
//   - A batch that inserts no key is never refused for want of space.
//
// Key management services are asked in Open only, never while reading.
package sealedlog
