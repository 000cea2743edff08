// Package ssekmsexporter writes traces, metrics and logs to S3, every object
// under SSE-KMS with the configured key, or not at all.
//
// Use it where the archive must be readable only through one KMS key. If an
// object may also be stored under another key, or in clear, use contrib's
// awss3 exporter: it asks for encryption but never looks at the answer.
//
// Promises:
//
//   - Every write goes through one function, which names the key in the
//     request, refuses to send a request whose encryption headers are missing
//     or unsigned, and compares what the server says it did with what was
//     asked for.
//   - After the first answer that differs, no telemetry is sent until a canary
//     object (without telemetry) has been stored under the key. Uploads in
//     flight at that moment are cancelled.
//   - Nothing is dropped for a fault of the store. Data waits in the sending
//     queue. The one drop is telemetry that cannot be marshalled.
//   - An object is one PutObject. Multi-part uploads need kms:Decrypt, which a
//     collector must not have.
//   - Telemetry chooses neither bucket nor prefix.
package ssekmsexporter

//go:generate mdatagen metadata.yaml
