// Package spooldir is the directory of a store: its permissions, its lock, the
// file STORE that names it, and one folder for each storage client. The
// extension and sealctl share it; it imports nothing of the collector.
//
//	LOCK                        held by the process that uses the store
//	STORE                       version and UUID of the store
//	<SHA-256 of UUID, client>/  one sealed log, see package sealedlog
package spooldir
