package report

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf8"
)

// maxRows bounds the boxes of one column. A pipeline with more shows the worst
// ones and says how many are left out; the list below the drawing has all.
const maxRows = 12

// canvas collects one SVG. Text that comes from the configuration enters
// through text and label only, which escape it.
type canvas struct {
	strings.Builder
}

func (c *canvas) line(class, path string) {
	fmt.Fprintf(c, `<path class="%s" d="%s"/>`, class, path)
}

func (c *canvas) text(class string, x, y float64, anchor, s string) {
	fmt.Fprintf(c, `<text class="%s" x="%s" y="%s" text-anchor="%s">%s</text>`, class, num(x), num(y), anchor, html.EscapeString(clean(s)))
}

// box is a component: its id, cut to the width, with the whole id as tooltip.
func (c *canvas) box(x, y, w, h float64, id, caption, class string) {
	fmt.Fprintf(c, `<g><title>%s</title><rect class="box %s" x="%s" y="%s" width="%s" height="%s" rx="10"/>`,
		html.EscapeString(clean(id)), class, num(x), num(y-h/2), num(w), num(h))
	room := int((w - 22) / 7.9)
	if caption == "" {
		c.text("id", x+w/2, y+4.5, "middle", shorten(id, room))
	} else {
		c.text("id", x+w/2, y-2.5, "middle", shorten(id, room))
		c.text("caption", x+w/2, y+14, "middle", caption)
	}
	c.WriteString(`</g>`)
}

// cylinder stands for something that keeps data, with a badge on its front.
func (c *canvas) cylinder(x, y, w, h float64, s State) {
	rx, ry := w/2, 8.0
	top, bottom := y-h/2, y+h/2
	fmt.Fprintf(c, `<path class="store %s" d="M%s %sv%sa%s %s 0 0 0 %s 0v-%s"/>`, s,
		num(x-rx), num(top+ry), num(h-2*ry), num(rx), num(ry), num(w), num(h-2*ry))
	fmt.Fprintf(c, `<ellipse class="store lid %s" cx="%s" cy="%s" rx="%s" ry="%s"/>`, s, num(x), num(top+ry), num(rx), num(ry))
	badge(&c.Builder, s, x, (top+2*ry+bottom)/2+1)
}

// verdict writes the state's word below a badge, and the rules of an open one.
func (c *canvas) verdict(x, y float64, s Spot) {
	word := map[State]string{
		Closed: "closed", Attention: "warning", Open: "OPEN", Accepted: "accepted", Unused: "not used", Unproven: "not shown",
	}[s.State]
	c.text("word "+string(s.State), x, y, "middle", word)
	if len(s.Findings) == 0 {
		return
	}
	ids := distinctIDs(s.Findings)
	if len(ids) > 1 {
		ids = []string{ids[0], "+" + itoa(len(ids)-1)}
	}
	c.text("rule "+string(s.State), x, y+14, "middle", strings.Join(ids, " "))
}

func distinctIDs(findings []Finding) []string {
	var ids []string
	for _, f := range findings {
		if len(ids) == 0 || ids[len(ids)-1] != f.ID {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// shorten cuts the middle out of a long id: its type and the end of its name
// are what tells two apart.
func shorten(s string, room int) string {
	s = clean(s)
	if utf8.RuneCountInString(s) <= room {
		return s
	}
	r := []rune(s)
	head := (room - 1) * 2 / 3
	return string(r[:head]) + "…" + string(r[len(r)-(room-1-head):])
}

// rows returns the components to draw and how many were left out. The worst
// come first when not all fit.
func rows(all []Component) ([]Component, int) {
	if len(all) <= maxRows {
		return all, 0
	}
	var picked []Component
	for want := Open.rank(); want >= 0; want-- {
		for _, c := range all {
			worstOf := Unused
			for _, s := range c.Spots {
				worstOf = worst(worstOf, s.State)
			}
			if worstOf.rank() == want && len(picked) < maxRows {
				picked = append(picked, c)
			}
		}
	}
	return picked, len(all) - len(picked)
}

// describe puts the drawing into words, for a screen reader.
func describe(p Pipeline) string {
	var parts []string
	for _, point := range Points() {
		sentence := fmt.Sprintf("%d, %s: %s", point.Number(), point.Title(), strings.ToLower(p.State(point).Word()))
		if ids := distinctIDs(p.Findings(point)); len(ids) > 0 {
			sentence += " (" + strings.Join(ids, ", ") + ")"
		}
		parts = append(parts, sentence)
	}
	return "Data flows from the senders through " + count(len(p.Receivers), "receiver", "receivers") + ", " +
		count(len(p.Processors), "processor", "processors") + " and " + count(len(p.Exporters), "exporter", "exporters") +
		" to the store. " + strings.Join(parts, ". ") + "."
}

func (c *canvas) open(class, id string, width, height float64, p Pipeline) {
	fmt.Fprintf(c, `<svg class="%s" viewBox="0 0 %s %s" role="img" aria-labelledby="%s-t %s-d" focusable="false">`,
		class, num(width), num(height), id, id)
	fmt.Fprintf(c, `<title id="%s-t">Pipeline %s</title><desc id="%s-d">%s</desc>`,
		id, html.EscapeString(clean(p.ID)), id, html.EscapeString(describe(p)))
}

// flow is the class of a line that carries data in the given state.
func flow(s State) string { return "flow " + string(s) }
