package effective

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
)

const secretConfig = `
exporters:
  otlp:
    endpoint: https://user:hunter2hunter2@backend.example:4317
    headers: {authorization: "Bearer tok-12345"}
    tls: {ca_file: /etc/ca.pem}
  kafka:
    auth: {sasl: {username: operator, password: hunter2hunter2}}
service:
  pipelines: {traces: {exporters: [otlp, kafka]}}
`

func TestScrubHidesEveryValue(t *testing.T) {
	t.Parallel()
	s := newScrubber()
	s.learnYAML([]byte(secretConfig))
	for text, want := range map[string]string{
		`'exporters' error reading configuration for "otlp"`:              `'exporters' error reading configuration for "otlp"`,
		`'timeout' time: invalid duration "hunter2hunter2"`:               `… time: invalid duration …`,
		`expected type 'string', got unconvertible type 'map[string]any'`: `expected type 'string', got unconvertible type 'map[string]any'`,
		`parsing hunter2hunter2 failed`:                                   `parsing … failed`,
		`does not have unambiguous string representation: [1 2 secret]`:   `does not have unambiguous string representation: …`,
		`cannot dial https://a:b@host:1`:                                  `cannot dial https://…@host:1`,
		`invalid keys: "service::pipelines::traces"`:                      `invalid keys: "service::pipelines::traces"`,
		"`raw` and 'unknown thing'":                                       "… and …",
	} {
		assert.Equal(t, want, s.scrub(text))
	}
	assert.Equal(t, "x: a …", s.error("x", errors.New("a\n  'secret'\n")).Error())
}

func TestRedactKeepsAddressesAndFiles(t *testing.T) {
	t.Parallel()
	s := newScrubber()
	s.learnYAML([]byte(secretConfig))
	assert.Equal(t, "sends to backend.example:4317 with /etc/ca.pem", s.redact("sends to backend.example:4317 with /etc/ca.pem"))
	assert.Equal(t, "sends to https://…@backend.example:4317", s.redact("sends to https://user:hunter2hunter2@backend.example:4317"))
	assert.Equal(t, "password … and …", s.redact("password hunter2hunter2 and Bearer tok-12345"))
}

func FuzzScrub(f *testing.F) {
	f.Add("a: {password: hunter2hunter2}\n", "value hunter2hunter2")
	f.Fuzz(func(t *testing.T, config, text string) {
		s := newScrubber()
		s.learnYAML([]byte(config))
		s.learnYAML([]byte("password: hunter2hunter2\n"))
		out := s.error("x", errors.New(text+" hunter2hunter2")).Error()
		if _, isName := s.names["hunter2hunter2"]; !isName {
			assert.NotContains(t, out, "hunter2hunter2")
		}
	})
}
