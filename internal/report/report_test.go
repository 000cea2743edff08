package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
	"github.com/sealed-otel/otelcol-sealed/internal/report"
	"github.com/sealed-otel/otelcol-sealed/internal/yamlpos"
)

func finding(id string, severity rules.Severity, path string) report.Finding {
	return report.Finding{
		Finding:  rules.Finding{ID: id, Severity: severity, Path: path, Message: "is wrong", Remedy: "mend it"},
		Position: yamlpos.Position{File: "a b.yaml", Line: 3, Column: 5, EndColumn: 9},
	}
}

func config(t *testing.T) map[string]any {
	t.Helper()
	ids := func(list ...any) []any { return list }
	return map[string]any{
		"connectors": map[string]any{"forward": nil},
		"exporters": map[string]any{
			"otlp":       map[string]any{"sending_queue": map[string]any{"storage": "file_storage/x"}},
			"s3_sse_kms": map[string]any{"sending_queue": map[string]any{"storage": "encrypted_storage"}},
		},
		"service": map[string]any{"pipelines": map[string]any{
			"traces": map[string]any{"receivers": ids("otlp", "otlp/edge"), "processors": ids("redact"), "exporters": ids("forward", "debug")},
			"traces/out": map[string]any{
				"receivers": ids("forward"), "exporters": ids("otlp", "s3_sse_kms", "nop"),
			},
		}},
	}
}

func drawn(t *testing.T, findings ...report.Finding) *report.Report {
	t.Helper()
	r := &report.Report{Version: "1.2.3", Files: []string{"a b.yaml"}, Origin: report.Offline, Findings: findings}
	r.Sort()
	r.Draw(config(t))
	require.Len(t, r.Pipelines, 2)
	return r
}

func TestPointsFollowTheFindings(t *testing.T) {
	t.Parallel()
	r := drawn(t,
		finding("TG001", rules.Error, "receivers::otlp/edge::protocols::http"),
		finding("TG013", rules.Warn, "receivers::otlp::protocols::grpc::tls::cert_file"),
		finding("TG040", rules.Error, "exporters::otlp::sending_queue::storage"),
		finding("TG041", rules.Warn, "exporters::debug"),
		finding("TG053", rules.Warn, "service::pipelines::traces::processors"),
	)
	first, second := r.Pipelines[0], r.Pipelines[1]
	assert.Equal(t, "traces", first.ID)
	state := func(c report.Component, p report.Point) report.State {
		s, ok := c.Spot(p)
		require.True(t, ok)
		return s.State
	}
	assert.Equal(t, report.Attention, state(first.Receivers[0], report.TransitIn), "receivers::otlp does not cover receivers::otlp/edge")
	assert.Equal(t, report.Open, state(first.Receivers[1], report.TransitIn))
	assert.Equal(t, report.Open, first.State(report.TransitIn))
	assert.Equal(t, report.Closed, first.State(report.Content))
	assert.Equal(t, report.Open, first.State(report.RestStore), "a debug exporter writes payload, though it only warns")
	assert.Equal(t, report.Unused, first.State(report.TransitOut), "debug and connectors send nothing")

	assert.Equal(t, report.Unused, second.State(report.TransitIn), "a connector hands over in memory")
	assert.Equal(t, report.Open, state(second.Exporters[0], report.RestDisk))
	assert.Equal(t, report.Closed, state(second.Exporters[1], report.RestDisk))
	assert.Equal(t, report.Unused, state(second.Exporters[2], report.RestDisk))
	assert.Equal(t, report.Unproven, state(second.Exporters[0], report.RestStore))
	assert.Equal(t, report.Closed, state(second.Exporters[1], report.RestStore))
	assert.Equal(t, 3, r.Leaks())
}

// An exemption lets a leak pass; it must not turn green by that.
func TestAcceptedLeaksStayVisible(t *testing.T) {
	t.Parallel()
	f := finding("TG001", rules.Error, "receivers::otlp::protocols::http")
	f.Accepted = true
	r := &report.Report{Accepted: []report.Finding{f}}
	r.Draw(config(t))
	assert.Equal(t, report.Accepted, r.Pipelines[0].State(report.TransitIn))
	assert.False(t, r.AtLeast(rules.Warn))
	var text, sarif bytes.Buffer
	require.NoError(t, r.WriteText(&text, false))
	assert.Contains(t, text.String(), "accepts 1 finding")
	require.NoError(t, r.WriteSARIF(&sarif))
	assert.Contains(t, sarif.String(), `"suppressions"`)
}

func TestText(t *testing.T) {
	t.Parallel()
	r := drawn(t, finding("TG053", rules.Warn, "service::pipelines::traces"), finding("TG001", rules.Error, "receivers::otlp"))
	var plain, colored bytes.Buffer
	require.NoError(t, r.WriteText(&plain, false))
	assert.Equal(t, "a b.yaml:3:5: error TG001 receivers::otlp: is wrong; mend it\n"+
		"a b.yaml:3:5: warning TG053 service::pipelines::traces: is wrong; mend it\n"+
		"1 error, 1 warning\n", plain.String())
	require.NoError(t, r.WriteText(&colored, true))
	assert.Contains(t, colored.String(), "\x1b[31merror\x1b[0m")

	var quiet bytes.Buffer
	require.NoError(t, drawn(t).WriteText(&quiet, true))
	assert.Empty(t, quiet.String(), "no news is good news")
}

func TestSARIFFingerprintSurvivesMovedLines(t *testing.T) {
	t.Parallel()
	print := func(line int, path string) string {
		f := finding("TG001", rules.Error, path)
		f.Position.Line = line
		var out bytes.Buffer
		require.NoError(t, (&report.Report{Findings: []report.Finding{f}}).WriteSARIF(&out))
		var log struct {
			Runs []struct {
				Results []struct {
					PartialFingerprints map[string]string
					RuleIndex           int
					Locations           []struct {
						PhysicalLocation struct {
							ArtifactLocation struct{ URI, URIBaseID string }
						}
					}
				}
				Tool struct {
					Driver struct{ Rules []struct{ ID string } }
				}
			}
		}
		require.NoError(t, json.Unmarshal(out.Bytes(), &log))
		result := log.Runs[0].Results[0]
		assert.Equal(t, "TG001", log.Runs[0].Tool.Driver.Rules[result.RuleIndex].ID)
		assert.Equal(t, "a%20b.yaml", result.Locations[0].PhysicalLocation.ArtifactLocation.URI)
		return result.PartialFingerprints["sealctl/v1"]
	}
	assert.Equal(t, print(3, "receivers::otlp"), print(99, "receivers::otlp"))
	assert.NotEqual(t, print(3, "receivers::otlp"), print(3, "receivers::zipkin"))
}

const hostile = "otlp/<script>alert(1)</script>\"'&\x1b[2J\u202e"

// Component names come from a file that somebody else may have written.
func TestHostileNamesStayText(t *testing.T) {
	t.Parallel()
	f := finding("TG001", rules.Error, "receivers::"+hostile)
	f.Message, f.Position.File = "<img src=x onerror=alert(1)>", "</style><script>"
	r := &report.Report{Findings: []report.Finding{f}, Files: []string{hostile}, Notes: []string{hostile}, Made: time.Now()}
	r.Draw(map[string]any{"service": map[string]any{"pipelines": map[string]any{
		"traces/" + hostile: map[string]any{"receivers": []any{hostile}, "processors": []any{hostile}, "exporters": []any{hostile}},
	}}})
	var page, text bytes.Buffer
	require.NoError(t, r.WriteHTML(&page))
	for _, tag := range []string{"<script", "<img"} {
		assert.NotContains(t, page.String(), tag)
	}
	assert.NotContains(t, page.String(), "\x1b")
	require.NoError(t, r.WriteText(&text, false))
	assert.NotContains(t, text.String(), "\x1b")
	assert.NotContains(t, text.String(), "\u202e")
	wellFormed(t, page.String())
}

func TestHTMLNeedsNothingElse(t *testing.T) {
	t.Parallel()
	var page bytes.Buffer
	require.NoError(t, drawn(t, finding("TG001", rules.Error, "receivers::otlp")).WriteHTML(&page))
	html := page.String()
	for _, other := range []string{"<script", "src=", "<link", "@import", "url(", "javascript:", "onclick"} {
		assert.NotContains(t, html, other)
	}
	for _, needed := range []string{
		`<html lang="en">`, "<main>", "<header", "<footer", "<h1", `role="img"`, "aria-labelledby=", "<title id=", "<desc id=",
		"Content-Security-Policy", "@media print", "prefers-color-scheme: dark", "TG001",
	} {
		assert.Contains(t, html, needed)
	}
	wellFormed(t, html)
}

// wellFormed reads every SVG as XML: a browser mends HTML, but not meaning.
func wellFormed(t *testing.T, html string) {
	t.Helper()
	count := 0
	for rest := html; ; {
		start := strings.Index(rest, "<svg")
		if start < 0 {
			break
		}
		end := strings.Index(rest[start:], "</svg>")
		require.Positive(t, end)
		decoder := xml.NewDecoder(strings.NewReader(rest[start : start+end+len("</svg>")]))
		for {
			_, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
		}
		count++
		rest = rest[start+end:]
	}
	assert.Positive(t, count)
}

func TestWidePipelinesAreBounded(t *testing.T) {
	t.Parallel()
	var receivers []any
	for i := range 400 {
		receivers = append(receivers, "otlp/"+strings.Repeat("x", i))
	}
	r := &report.Report{Findings: []report.Finding{finding("TG001", rules.Error, "receivers::otlp/"+strings.Repeat("x", 399))}}
	r.Draw(map[string]any{"service": map[string]any{"pipelines": map[string]any{"logs": map[string]any{"receivers": receivers, "exporters": []any{"nop"}}}}})
	var page bytes.Buffer
	require.NoError(t, r.WriteHTML(&page))
	assert.Contains(t, page.String(), "and 388 more, listed below")
	assert.Contains(t, page.String(), "TG001", "the worst row is among those drawn")
}

func TestDrawToleratesOtherShapes(t *testing.T) {
	t.Parallel()
	for _, shape := range []map[string]any{
		nil,
		{"service": 7},
		{"service": map[string]any{"pipelines": []any{1}}},
		{"service": map[string]any{"pipelines": map[string]any{"traces": nil, "logs": map[string]any{"receivers": "otlp", "exporters": []any{nil, 7, map[string]any{}}}}}},
	} {
		r := &report.Report{}
		r.Draw(shape)
		for _, write := range []func(io.Writer) error{r.WriteHTML, r.WriteJSON, r.WriteSARIF} {
			assert.NoError(t, write(io.Discard))
		}
	}
}

// Nothing is called TLS that is none.
func TestArrivalsAreNamedForWhatTheyAre(t *testing.T) {
	t.Parallel()
	for id, c := range map[string]struct {
		body  map[string]any
		state report.State
		why   string
	}{
		"otlp":         {nil, report.Closed, "TLS with a client certificate"},
		"filelog/apps": {nil, report.Unused, "reads from this host; nothing comes over the network"},
		"prometheus":   {nil, report.Closed, "fetched over TLS from a verified server"},
		"otlp/socket": {
			map[string]any{"protocols": map[string]any{"grpc": map[string]any{"transport": "unix"}}},
			report.Closed, "a unix socket that keeps other users out, or TLS with a client certificate",
		},
	} {
		r := &report.Report{Origin: report.Offline}
		r.Draw(map[string]any{
			"receivers": map[string]any{id: c.body},
			"service":   map[string]any{"pipelines": map[string]any{"logs": map[string]any{"receivers": []any{id}, "exporters": []any{"nop"}}}},
		})
		require.Len(t, r.Pipelines, 1)
		spot, ok := r.Pipelines[0].Receivers[0].Spot(report.TransitIn)
		require.True(t, ok)
		assert.Equal(t, c.state, spot.State, id)
		assert.Equal(t, c.why, spot.Why, id)
	}
}
