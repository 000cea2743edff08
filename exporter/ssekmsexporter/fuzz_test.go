package ssekmsexporter

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Whatever a tenant attribute holds, the key keeps its prefix and gets one
// segment more.
func FuzzTenantStaysInItsPrefix(f *testing.F) {
	for _, seed := range []string{"acme", "..", "../x", "a/b", "_other", "a\x00b", "%2e%2e", "", ".hidden", strings.Repeat("a", 300)} {
		f.Add(seed)
	}
	permissive, err := newTenants(TenantConfig{Attribute: "t", Allow: []string{"(?s).*"}, MaxTenants: maxTenants})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value string) {
		resource := pcommon.NewResource()
		resource.Attributes().PutStr("t", value)
		name := objectName{prefix: "archive/", tenant: permissive.of(resource), partition: "year=2026", signal: signalLogs, suffix: ".json"}
		segments := strings.Split(name.key(""), "/")
		assert.Len(t, segments, 4)
		assert.Equal(t, "archive", segments[0])
		assert.Equal(t, "year=2026", segments[2])
		assert.NotContains(t, []string{"", ".", ".."}, segments[1])
	})
}

// No answer but the configured context passes, and none panics.
func FuzzContextOfAnAnswer(f *testing.F) {
	cfg := EncryptionConfig{Context: map[string]string{"app": "otel"}}
	for _, seed := range []string{`{"app":"otel"}`, `{"app":"otel","aws:s3:arn":"x"}`, `{}`, `null`, `[`, `{"app":1}`, ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		header := base64.StdEncoding.EncodeToString(doc)
		if cfg.sameContext(header) {
			assert.Contains(t, string(doc), "otel")
		}
		cfg.sameContext(string(doc))
	})
}

// A server's text never makes a log line of its own.
func FuzzPrintable(f *testing.F) {
	f.Add("AccessDenied")
	f.Add("a\nb\x1b[31m")
	f.Fuzz(func(t *testing.T, text string) {
		got := printable(text)
		assert.LessOrEqual(t, len(got), maxPrintable+3)
		for _, r := range got {
			assert.True(t, r >= 0x20 && r <= 0x7e)
		}
	})
}
