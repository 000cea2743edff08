package report

import (
	"fmt"
	"strings"
)

// badge draws a state as a symbol of 26 units around x, y. Each state has its
// own outline and its own sign, so that the colour is never the only carrier.
func badge(b *strings.Builder, s State, x, y float64) {
	fmt.Fprintf(b, `<g class="badge %s" transform="translate(%s %s)">`, s, num(x), num(y))
	switch s {
	case Closed:
		b.WriteString(`<circle class="fill" r="13"/><path class="sign" d="M-5.5 .4l3.7 3.9 7.3-8.2"/>`)
	case Open:
		b.WriteString(`<path class="fill" d="M-5.6-13.5H5.6L13.5-5.6V5.6L5.6 13.5H-5.6L-13.5 5.6V-5.6Z"/><path class="sign" d="M-4.6-4.6l9.2 9.2m0-9.2l-9.2 9.2"/>`)
	case Attention:
		b.WriteString(`<path class="fill" stroke-linejoin="round" d="M0-13L14 11.5H-14Z"/><path class="sign" d="M0-5V3M0 7.2v.6"/>`)
	case Accepted:
		b.WriteString(`<path class="hollow" d="M0-14.5L14.5 0 0 14.5-14.5 0Z"/><path class="mark" d="M-4-4l8 8m0-8l-8 8"/>`)
	case Unused:
		b.WriteString(`<circle class="hollow dashed" r="12"/><path class="mark" d="M-4.5 0h9"/>`)
	case Unproven:
		b.WriteString(`<circle class="hollow" r="12"/><path class="mark" d="M-3.6-3.4a3.7 3.7 0 1 1 5.3 3.3C.3.6 0 1.3 0 2.6M0 6.4v.5"/>`)
	}
	b.WriteString(`</g>`)
}

// badgeSVG is a badge as an image of its own, for text that names the state
// beside it; a screen reader skips it.
func badgeSVG(s State) string {
	var b strings.Builder
	b.WriteString(`<svg class="icon" viewBox="-16 -16 32 32" aria-hidden="true" focusable="false">`)
	badge(&b, s, 0, 0)
	b.WriteString(`</svg>`)
	return b.String()
}

func num(v float64) string {
	return strings.TrimSuffix(strings.TrimSuffix(fmt.Sprintf("%.1f", v), "0"), ".")
}
