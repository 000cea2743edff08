package check

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// FuzzCheckOffline runs the whole command on odd configurations and writes
// every format. Reviewers run it on files that somebody else wrote: it may say
// no, it must not panic.
func FuzzCheckOffline(f *testing.F) {
	for _, rule := range rules.All() {
		f.Add(rule.Bad)
	}
	f.Add("receivers: {otlp: []}\nservice: {pipelines: {traces: {receivers: {a: b}, exporters: [null, 1, [x]]}, 2: 3}}")
	f.Add("exporters: &e {otlp: *e}\nservice: {pipelines: {t: {exporters: [otlp]}}}")
	f.Add("extensions: {tls_guard: {1: 2, null: 3}}\nservice: {extensions: [tls_guard]}")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2048 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		o := options{at: time.Unix(1_800_000_000, 0)}
		r, err := o.check(ctx, []string{"yaml:" + text})
		if err != nil {
			return
		}
		for _, format := range formats {
			o.format = format
			if err := o.render(r, io.Discard, true); err != nil {
				t.Fatalf("%s: %v", format, err)
			}
		}
	})
}
