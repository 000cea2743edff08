// Package probe proves from outside what a listening socket really does: does
// it speak TLS, does it ask for a client certificate and check it, which
// versions does it accept.
//
// The guard calls [Verify] on the collector's own sockets. It must not be
// pointed at UDP or at a line protocol: such a receiver would ingest the bytes
// of a handshake as telemetry. The caller decides that from the configuration.
//
// The TLS handshake decides, never the answer to plaintext alone: Go's HTTPS
// server answers a plaintext request with a plaintext 400.
package probe
