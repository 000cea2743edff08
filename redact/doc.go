// Package redact finds sensitive values in telemetry and rewrites them.
//
// To use it:
//
//   - [Parse] turns a policy document (a map, as YAML or JSON decode to) into a
//     [Policy]. It touches neither disk nor network and reports every error
//     with its path. [Standard] is the policy for those who write none.
//   - [New] makes an [Engine] of a policy and its keys. An engine is immutable
//     and safe for concurrent use: compile once, share it by all signals.
//   - [Engine.Begin] lends a [Run], the scratch of one goroutine. A walker that
//     knows the data model asks it about every key ([Run.Key]) and every value
//     ([Run.String], [Run.Int], [Run.Float], [Run.Bytes]), applies the
//     [Outcome], and calls [Run.End].
//
// What it promises: a clean value costs no allocation; time is linear in the
// input, whatever the input; past a limit, or after a panic in a detector, the
// value is masked and never passed on; no error, count or catalogue entry
// holds a value.
//
// The package imports the standard library only. On amd64 the classes of bytes
// are read by a few lines of assembly, which the tests compare with the portable
// code that all other processors run.
package redact
