package demo

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Table writes one line a proof, and below a failed one what was found.
func Table(out io.Writer, proofs []Proof, color bool) error {
	width := 0
	for _, proof := range proofs {
		width = max(width, utf8.RuneCountInString(proof.Claim))
	}
	var b strings.Builder
	rule := strings.Repeat("─", width+2)
	fmt.Fprintf(&b, "\n  %-8s %-*s  %s\n  %s\n", "RESULT", width, "PROOF", "NUMBER BEHIND IT", strings.Repeat("─", 9)+rule+strings.Repeat("─", 50))
	for _, proof := range proofs {
		verdict, paint := "proven", "\x1b[32m"
		if !proof.Passed {
			verdict, paint = "FAILED", "\x1b[31;1m"
		}
		verdict = fmt.Sprintf("%-8s", verdict)
		if color {
			verdict = paint + verdict + "\x1b[0m"
		}
		fmt.Fprintf(&b, "  %s %-*s  %s\n", verdict, width, proof.Claim, proof.Number)
		if proof.Passed {
			continue
		}
		const most = 6
		for i, detail := range proof.Details {
			if i == most {
				fmt.Fprintf(&b, "             … and %d more\n", len(proof.Details)-most)
				break
			}
			fmt.Fprintf(&b, "             %s\n", detail)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}
