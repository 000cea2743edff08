package rules

import (
	"io/fs"
	"net/netip"
	"time"
)

// Kind is the section of the configuration that a component stands in.
type Kind string

// The five kinds of component, named as their sections.
const (
	Receiver  Kind = "receivers"
	Processor Kind = "processors"
	Exporter  Kind = "exporters"
	Connector Kind = "connectors"
	Extension Kind = "extensions"
)

// Input is what a verdict is made from.
type Input struct {
	// Config is the effective configuration: component defaults applied,
	// variables expanded, opaque values redacted.
	Config map[string]any
	// Classifier knows the component types of the distribution.
	Classifier Classifier
	// Environment holds the facts that no configuration shows.
	Environment Environment
}

// Classifier tells the shape of a component type's configuration.
type Classifier interface {
	// Classify returns false for a type it does not know.
	Classify(kind Kind, componentType string) (Component, bool)
}

// Environment holds facts about the process and the host. The zero value
// means: nothing is known, so file, mount and resolver checks are left out
// and every fact counts as absent.
type Environment struct {
	// Now is the time that certificates and exemptions are judged at.
	// Zero means time.Now().
	Now time.Time
	// FIPS is true when the process runs with the FIPS 140-3 module on.
	FIPS bool
	// FeatureGates holds the gates that are on or off, by id.
	FeatureGates map[string]bool
	// EncryptedStorage is true when the host has the encrypted_storage factory:
	// storage: auto then enforces.
	EncryptedStorage bool
	// Files opens certificates, keys and sockets. Nil leaves them unchecked,
	// which is right for a configuration that belongs to another host.
	Files Files
	// Getenv reads the environment that the collector runs in. The SDK of its own
	// telemetry obeys variables that no configuration shows. Nil means that
	// nothing is known about it.
	Getenv func(name string) string
	// LookupHost resolves a name before it counts as loopback. Nil means that
	// no name counts as loopback, only literal addresses.
	LookupHost func(host string) ([]netip.Addr, error)
}

// Files is the part of the file system that the rules read.
type Files interface {
	// ReadFile returns the content of a file of at most limit bytes.
	ReadFile(path string, limit int64) ([]byte, error)
	// Access describes who may use a file.
	Access(path string) (Access, error)
	// Encrypted reports whether the path lies on a dm-crypt mount.
	Encrypted(path string) bool
}

// Access is who owns a file and who may do what.
type Access struct {
	Mode fs.FileMode
	// Known is false where the platform has no owners.
	Known    bool
	UID, GID uint32
	// OwnGroup is true when GID is one of the process's groups.
	OwnGroup bool
	// Volatile is true on tmpfs, where Kubernetes mounts secrets.
	Volatile bool
}

func (e Environment) getenv(name string) string {
	if e.Getenv == nil {
		return ""
	}
	return e.Getenv(name)
}

func (e Environment) now() time.Time {
	if e.Now.IsZero() {
		return time.Now()
	}
	return e.Now
}
