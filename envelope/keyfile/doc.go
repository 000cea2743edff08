// Package keyfile wraps epoch keys with keys from a local file.
//
// A line is `id base64-of-32-bytes`; blank lines and lines that begin with #
// are skipped. The first key wraps, all of them unwrap: to rotate, put a new
// line on top and keep the old ones until nothing needs them.
//
// The file is read again for every request (one each few minutes), so that an
// edit takes effect without a restart and no file key stays in memory between
// requests. A file that has gone away counts as a revoked key.
//
// Keep the file away from the disk that it protects: a key beside the data is
// no key. The package refuses a file inside the spool directory and a file
// that others can reach; group read and symbolic links are allowed, because
// that is how Kubernetes mounts secrets. Windows has no such mode bits: there
// the access list of the file is the administrator's to check.
package keyfile
