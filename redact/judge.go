package redact

import (
	"math"
	"strconv"
	"unsafe"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// String judges a text.
func (r *Run) String(l Location, d *Decision, s string) Outcome {
	switch d.verdict {
	case verdictTrusted:
		return Outcome{}
	case verdictRule:
		return r.acted(l, d, s, true)
	}
	if s == "" {
		return Outcome{}
	}
	r.tally.Values++
	r.tally.Bytes += int64(len(s))
	// The identifier of a request or a pod is new each time.
	if d.plain && (len(s) < minValue || detect.IsUUID(s)) {
		return Outcome{}
	}
	cold := &r.cold[d.id]
	remember := len(s) <= maxMemo && (*cold < coldAfter || *cold%coldAfter == 0)
	if remember && d.memo.holds(s) {
		*cold = 0
		return Outcome{}
	}
	if r.scan(l, d, s) || len(r.hits) > 0 {
		return r.acted(l, d, s, false)
	}
	if remember {
		values := uint32(1)
		if *cold >= coldAfter {
			values = coldAfter
		}
		d.memo.clean(&r.e.memos, s, values)
	}
	if *cold++; *cold == 0 {
		*cold = coldAfter
	}
	return Outcome{}
}

// acted applies a key rule to the whole text, or the rules to the hits in it. A
// panic on the way removes the value.
func (r *Run) acted(l Location, d *Decision, s string, whole bool) (o Outcome) {
	done := false
	defer func() {
		if done {
			return
		}
		_ = recover() // it may hold a part of the value
		r.tally.Panics++
		r.count(l, len(r.e.policy.rules)+RuleFailClosed, -1)
		o = Outcome{}
		if r.e.policy.mode != Report {
			o = Outcome{Kind: RemoveValue, Text: redactedText}
			if (emptied | traceStates).Has(l) {
				o = Outcome{Kind: SetText}
			}
		}
	}()
	if whole {
		o = r.whole(l, d, s)
	} else {
		o = r.resolve(l, d, s)
	}
	done = true
	return o
}

// Int judges a whole number.
func (r *Run) Int(l Location, d *Decision, v int64) Outcome {
	switch d.verdict {
	case verdictTrusted:
		return Outcome{}
	case verdictRule:
		if a := &r.e.policy.rules[d.rule].action; a.verb == Bucket {
			return r.bucketInt(l, d, v)
		}
	default:
		r.tally.Values++
		r.tally.Bytes += 8
		// The shortest number that a detector knows by itself has seven digits.
		if v < 1_000_000 && v > -1_000_000 && d.plain {
			return Outcome{}
		}
		r.tally.Values--
		r.tally.Bytes -= 8
	}
	r.num = strconv.AppendInt(r.num[:0], v, 10)
	return r.String(l, d, view(r.num))
}

// Float judges a double. It is read without an exponent, as people write it.
func (r *Run) Float(l Location, d *Decision, v float64) Outcome {
	switch d.verdict {
	case verdictTrusted:
		return Outcome{}
	case verdictRule:
		if a := &r.e.policy.rules[d.rule].action; a.verb == Bucket {
			return r.bucket(l, d, v, false)
		}
	default:
		if v != math.Trunc(v) || math.Abs(v) < 1_000_000 || math.Abs(v) > 1e20 {
			if d.plain || math.IsNaN(v) || math.IsInf(v, 0) {
				r.tally.Values++
				r.tally.Bytes += 8
				return Outcome{}
			}
		}
	}
	r.num = strconv.AppendFloat(r.num[:0], v, 'f', -1, 64)
	return r.String(l, d, view(r.num))
}

// Bool judges a boolean: only a key rule of the user's can name it.
func (r *Run) Bool(l Location, d *Decision, v bool) Outcome {
	if d.verdict != verdictRule || r.e.policy.rules[d.rule].sparesBool() {
		return Outcome{}
	}
	return r.acted(l, d, strconv.FormatBool(v), true)
}

// Bytes judges bytes. The outcome's text holds bytes too. The slice is not
// kept.
func (r *Run) Bytes(l Location, d *Decision, b []byte) Outcome {
	return r.String(l, d, view(b))
}

// minValue is the length in bytes of the shortest text in which a detector
// finds anything: a@b.co.
const minValue = 6

// view reads bytes as a string while nothing writes to them.
func view(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b)) //nolint:gosec // read only, and not kept beyond the call
}
