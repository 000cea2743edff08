package redact

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect/detecttest"
)

// TestWorkIsBoundedAndTheRestIsMasked gives each value of hostile text a
// secret at its end: whether the bound of work was reached or not, it goes.
func TestWorkIsBoundedAndTheRestIsMasked(t *testing.T) {
	t.Parallel()
	e := testEngine(t, map[string]any{"rules": []any{map[string]any{"name": "all", "detect": []any{"all"}, "action": "mask"}}})
	size := 1 << 18
	if testing.Short() {
		size = 1 << 16
	}
	reached := 0
	for _, p := range detecttest.HostilePieces {
		text := strings.Repeat(p, size/len(p)+1)
		r := e.Begin(Logs)
		o := r.String(LogBody, r.Plain(LogBody), text+"\n card 5105 1051 0510 5100 ")
		left := r.work
		tally := r.End()
		assert.Equal(t, SetText, o.Kind, "%q", p)
		assert.NotContains(t, o.Text[max(0, len(o.Text)-40):], "5105", "%q", p)
		if tally.Limits > 0 {
			reached++
		}
		assert.Greater(t, left, -workFor(text)/4, "%q: what a block of 64 bytes takes may pass the bound, not more", p)
	}
	assert.Positive(t, reached, "the bound was never reached")
}

// TestNothingLeaksWhereTheWorkEnds moves a value over the byte at which the scan
// stops: neither its first nor its last half may stay.
func TestNothingLeaksWhereTheWorkEnds(t *testing.T) {
	t.Parallel()
	e := testEngine(t, map[string]any{"rules": []any{map[string]any{"name": "all", "detect": []any{"all"}, "action": "mask"}}})
	const piece = "password=x1 "
	prefix := strings.Repeat(piece, (1<<20)/len(piece))
	r := e.Begin(Logs)
	r.String(LogBody, r.Plain(LogBody), prefix)
	stop := r.level(0).h.Stopped
	r.End()
	require.Positive(t, stop, "the bound was not reached")
	for _, secret := range []string{"5105 1051 0510 5100", "jonathan.quentin@example.com", "AKIAIOSFODNN7EXAMPLE", "+49 151 79390928"} {
		for back := -4; back <= 96; back++ {
			at := stop - back
			text := prefix[:at-1] + " " + secret + " " + prefix[at+len(secret)+1:]
			r := e.Begin(Logs)
			o := r.String(LogBody, r.Plain(LogBody), text)
			r.End()
			require.Equal(t, SetText, o.Kind)
			for i := 0; i+6 <= len(secret); i++ {
				assert.NotContains(t, o.Text[len(o.Text)/2:], secret[i:i+6], "%q begins %d bytes before the stop", secret, back)
			}
		}
	}
}

// TestOrdinaryTextIsNotBounded guards against a bound that masks what people
// log: the sizes are stated in the README.
func TestOrdinaryTextIsNotBounded(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	for name, c := range map[string]struct {
		line string
		size int
	}{
		"log":          {`2026-11-20T10:15:30.123Z INFO [http-nio-8080-exec-7] c.e.shop.OrderController - order 81723 accepted user=17 items=3 total=129.95 trace=4bf92f3577b34da6a3ce929d0e0e4736 path=/api/v1/orders/81723/items?expand=price&limit=50 took 12.7 ms` + "\n", 900 << 10},
		"JSON":         {`{"ts":"2026-11-20T10:15:30.123Z","level":"info","order":81723,"user":17,"items":3,"total":129.95,"path":"/api/v1/orders/81723/items","took_ms":12.7}` + "\n", 360 << 10},
		"escaped JSON": {`{\"ts\":\"2026-11-20T10:15:30.123Z\",\"level\":\"info\",\"order\":81723,\"user\":17,\"items\":3,\"path\":\"/api/v1/orders/81723/items\"}\n`, 160 << 10},
		"form":         {`name=J%C3%BCrgen+M%C3%BCller&city=K%C3%B6ln&comment=bitte+klingeln%2C+danke&items=3&`, 80 << 10},
		"CSV":          {"81723,2026-11-20,shipped,129.95,EUR,retail,17,DE,express,false\n", 256 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Repeat(c.line, c.size/len(c.line))
			r := e.Begin(Logs)
			o := r.String(LogBody, r.Plain(LogBody), text)
			left := r.work
			tally := r.End()
			assert.Equal(t, Keep, o.Kind)
			assert.Zero(t, tally.Limits)
			assert.Positive(t, left)
			t.Logf("%d bytes took %d of %d units", len(text), workFor(text)-left, workFor(text))
		})
	}
}

// TestAddressesBehindAColonAreNotBoundedEarly: whether a password stands behind the
// colon is asked for each, and costs next to nothing where the answer is near.
func TestAddressesBehindAColonAreNotBoundedEarly(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	for line, size := range map[string]int{
		"email:bob@example.com ": 120 << 10,
		"from:bob@b.co,":         70 << 10,
		"2026-11-20T10:15:30Z INFO mail sent to:jane.roe@example.com from:shop@example.com id=81723\n": 240 << 10,
	} {
		r := e.Begin(Logs)
		o := r.String(LogBody, r.Plain(LogBody), strings.Repeat(line, size/len(line)))
		assert.Zero(t, r.End().Limits, line)
		assert.NotContains(t, o.Text, "@", line)
	}
}

// BenchmarkHostileMegabyte shows the whole cost of a value of one megabyte,
// all detectors on, per piece that it repeats.
func BenchmarkHostileMegabyte(b *testing.B) {
	for _, doc := range []string{"standard", "all"} {
		e := testEngine(b, map[string]any{"extends": "standard", "rules": map[string][]any{
			"standard": nil, "all": {map[string]any{"name": "all", "detect": []any{"all"}, "action": "mask"}},
		}[doc]})
		for _, p := range detecttest.HostilePieces {
			b.Run(doc+"/"+strings.NewReplacer("/", "|", " ", "_", "\n", "LF", "\t", "TAB").Replace(p), func(b *testing.B) {
				text := strings.Repeat(p, (1<<20)/len(p)+1)[:1<<20]
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					r := e.Begin(Logs)
					r.String(LogBody, r.Plain(LogBody), text)
					r.End()
				}
			})
		}
	}
}

// TestHostileKeyIsBoundedToo sends as a key what would be bounded as a value.
func TestHostileKeyIsBoundedToo(t *testing.T) {
	t.Parallel()
	e := testEngine(t, map[string]any{"extends": "standard", "limits": map[string]any{"value_bytes": 1 << 20}})
	r := e.Begin(Traces)
	for _, key := range []string{strings.Repeat("123 ", 1<<16), strings.Repeat("k", 1<<20+1)} {
		_, kind := r.Key(SpanAttributes, key)
		assert.Equal(t, RemoveValue, kind, "a key that was not judged goes")
	}
	_, kind := r.Key(SpanAttributes, strings.Repeat("k", 1<<10))
	assert.Equal(t, Keep, kind)
	r.End()
}
