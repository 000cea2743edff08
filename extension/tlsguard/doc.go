//go:generate mdatagen metadata.yaml
//go:generate go run ./rules/rulesdoc -out ../../docs/rules.md

// Package tlsguard is an extension that refuses to let a collector start when
// a receiver would take plaintext, an exporter would send it, or a queue would
// leave it on disk.
//
// It judges the effective configuration before any receiver listens (package
// rules), and proves the result on the process's own sockets once they do
// (package probe). Package guardconverter adds it to configurations that
// forgot it.
package tlsguard
