package ssekmsexporter

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// objectName is everything that makes an object's key.
type objectName struct {
	prefix, tenant, partition, signal, suffix string
	digest                                    [sha256.Size]byte
}

// key is <prefix>/<tenant>/<partition>/<signal>_<sha-256>[-again]<suffix>: the
// layout and the file names that contrib's awss3 exporter writes, with the
// digest where it has a random number. The same body gets the same key, so a
// retry cannot store it twice. again tells further objects with the same body
// apart; it is empty for the first.
func (o objectName) key(again string) string {
	var b strings.Builder
	b.Grow(len(o.prefix) + len(o.tenant) + len(o.partition) + len(o.signal) + 2*len(o.digest) + len(again) + len(o.suffix) + 5)
	for _, part := range [...]string{o.prefix, o.tenant, o.partition} {
		if part = strings.Trim(part, "/"); part != "" {
			b.WriteString(part)
			b.WriteByte('/')
		}
	}
	b.WriteString(o.signal)
	b.WriteByte('_')
	var digits [2 * sha256.Size]byte
	hex.Encode(digits[:], o.digest[:])
	b.Write(digits[:])
	if again != "" {
		b.WriteByte('-')
		b.WriteString(again)
	}
	b.WriteString(o.suffix)
	return b.String()
}

// object is one body on its way into the bucket.
type object struct {
	name    objectName
	body    *body
	records int
	// canary marks an object without telemetry: it passes the open breaker.
	canary bool
}
