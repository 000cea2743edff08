package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// ANSI sequences; used only when the caller says that a person looks on.
const (
	ansiRed   = "\x1b[31m"
	ansiAmber = "\x1b[33m"
	ansiBold  = "\x1b[1m"
	ansiReset = "\x1b[0m"
)

// WriteText writes one line a finding, file:line:column first so that editors
// and terminals can follow it. Nothing at all is written for a clean
// configuration without notes, accepted findings or warnings: no news is good
// news.
func (r *Report) WriteText(w io.Writer, color bool) error {
	var b strings.Builder
	paint := func(code, text string) string {
		if !color {
			return text
		}
		return code + text + ansiReset
	}
	for _, f := range r.Findings {
		place := ""
		if !f.Position.IsZero() {
			place = f.Position.String() + ": "
		}
		word := paint(ansiAmber, "warning")
		if f.Severity == rules.Error {
			word = paint(ansiRed, "error")
		}
		fmt.Fprintf(&b, "%s%s %s %s: %s; %s\n", clean(place), word, paint(ansiBold, f.ID), clean(f.Path), clean(f.Message), clean(f.Remedy))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", clean(note))
	}
	if n := len(r.Accepted); n > 0 {
		fmt.Fprintf(&b, "note: the policy accepts %s that the strict one reports; --format html or json shows them\n", count(n, "finding", "findings"))
	}
	if errs, warnings := r.Count(); errs+warnings > 0 {
		fmt.Fprintf(&b, "%s, %s\n", count(errs, "error", "errors"), count(warnings, "warning", "warnings"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// clean drops control characters: component names come from a file that
// somebody else may have written, and could otherwise move the cursor or
// colour the terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == '\u2028' || r == '\u2029' || (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069') {
			return '�'
		}
		return r
	}, s)
}
