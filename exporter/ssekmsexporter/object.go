package ssekmsexporter

import (
	"encoding/hex"
	"strings"
)

// objectName is everything that makes an object's key.
type objectName struct {
	prefix, tenant, partition, signal, suffix string
	digest                                    [32]byte
}

// key is <prefix>/<tenant>/<partition>/<signal>_<sha-256>[-again]<suffix>: the
// layout and the file names that contrib's awss3 exporter writes, with the
// digest where it has a random number. The same body gets the same key, so a
// retry cannot store it twice. again tells further objects with the same body
// apart; it is empty for the first.
func (o objectName) key(again string) string {
	var b strings.Builder
	for _, part := range []string{o.prefix, o.tenant, o.partition} {
		if part = strings.Trim(part, "/"); part != "" {
			b.WriteString(part)
			b.WriteByte('/')
		}
	}
	b.WriteString(o.signal)
	b.WriteByte('_')
	b.WriteString(hex.EncodeToString(o.digest[:]))
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
