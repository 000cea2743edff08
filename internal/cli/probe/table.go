package probe

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

const (
	ansiRed   = "\x1b[31m"
	ansiAmber = "\x1b[33m"
	ansiGreen = "\x1b[32m"
	ansiReset = "\x1b[0m"
)

// writeTable prints one block a port.
func writeTable(w io.Writer, tables []Verification, color bool) error {
	var b strings.Builder
	for i, v := range tables {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s\n", printable(v.Target))
		if v.Unreachable != "" {
			fmt.Fprintf(&b, "  not reachable: %s\n", printable(v.Unreachable))
			continue
		}
		wide := 0
		for _, row := range v.Rows {
			wide = max(wide, len(row.Check))
		}
		for _, row := range v.Rows {
			fmt.Fprintf(&b, "  %-*s  %s  %s\n", wide, row.Check, paint(row.Result, color), printable(row.Detail))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func paint(r Result, color bool) string {
	text := fmt.Sprintf("%-*s", len(NotTested), r)
	if !color {
		return text
	}
	switch r {
	case OK:
		return ansiGreen + text + ansiReset
	case Warning:
		return ansiAmber + text + ansiReset
	case Gap:
		return ansiRed + text + ansiReset
	}
	return text
}

// printable drops what a hostile server could put into a certificate's name to
// move the cursor of the reader's terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, s)
}
