package report

import "fmt"

// Geometry of the wide drawing, left to right, in user units.
const (
	wideWidth   = 1200
	wideHead    = 58 // column titles
	wideRow     = 104
	wideChip    = 34 // a processor
	xSenders    = 46
	xIn         = 146.0
	xReceiver   = 206.0
	wReceiver   = 176.0
	xProcessor  = 436.0
	wProcessor  = 178.0
	xContent    = 668.0
	xDisk       = 764.0
	xExporter   = 830.0
	wExporter   = 172.0
	xOut        = 1050.0
	xStore      = 1146.0
	boxHeight   = 48.0
	collectorL  = 184.0
	collectorR  = 1018.0
	arrowLength = 8.0
)

// wide draws a pipeline for screens and paper that are broad enough.
func wide(p Pipeline, id string) string {
	receivers, moreReceivers := rows(p.Receivers)
	processors, moreProcessors := rows(p.Processors)
	exporters, moreExporters := rows(p.Exporters)

	body := max(float64(len(receivers)), float64(len(exporters)), 1)*wideRow + 26
	body = max(body, float64(len(processors)+1)*wideChip+62)
	height := wideHead + body + 14
	middle := wideHead + body/2

	c := &canvas{}
	c.open("drawing wide", id, wideWidth, height, p)
	fmt.Fprintf(c, `<rect class="collector" x="%s" y="%d" width="%s" height="%s" rx="16"/>`,
		num(collectorL), wideHead-4, num(collectorR-collectorL), num(body+8))
	c.text("area", collectorL+16, wideHead+15, "start", "COLLECTOR")
	for _, column := range []struct {
		point  Point
		x      float64
		upper  string
		lower  string
		number int
	}{
		{TransitIn, xIn - 18, "In transit,", "in", 1},
		{Content, xContent, "Content", "", 2},
		{RestDisk, xDisk, "At rest", "on disk", 3},
		{TransitOut, xOut + 2, "In transit,", "out", 4},
		{RestStore, xStore, "At rest", "in the store", 5},
	} {
		c.text("column", column.x, 16, "middle", itoa(column.number)+" "+column.upper)
		c.text("column", column.x, 33, "middle", column.lower)
	}

	c.wideSenders(receivers, middle)
	for i, r := range receivers {
		y := rowY(i, len(receivers), middle)
		s, _ := r.Spot(TransitIn)
		if r.Connector {
			c.box(xReceiver, y, wReceiver, boxHeight, r.ID, "connector", "inside")
		} else {
			c.line(flow(s.State), fmt.Sprintf("M88 %sH%s", num(y), num(xReceiver-arrowLength)))
			c.arrow(xReceiver, y, s.State)
			badge(&c.Builder, s.State, xIn-18, y)
			c.verdict(xIn-18, y+30, s)
			c.box(xReceiver, y, wReceiver, boxHeight, r.ID, "receiver", string(s.State))
		}
		c.line("flow", curve(xReceiver+wReceiver, y, xProcessor, middle))
	}
	c.more(xReceiver+wReceiver/2, wideHead+body-6, moreReceivers)

	c.processorPanel(xProcessor, middle, wProcessor, processors, moreProcessors)
	content := p.Content
	c.line(flow(content.State), fmt.Sprintf("M%s %sH%s", num(xProcessor+wProcessor), num(middle), num(xContent+26)))
	for i, e := range exporters {
		y := rowY(i, len(exporters), middle)
		c.wideExporter(e, y, middle, content.State)
	}
	c.more(xExporter+wExporter/2, wideHead+body-6, moreExporters)
	badge(&c.Builder, content.State, xContent, middle)
	c.verdict(xContent, middle+30, content)
	c.WriteString(`</svg>`)
	return c.String()
}

func (c *canvas) wideSenders(receivers []Component, middle float64) {
	outside := 0
	for _, r := range receivers {
		if !r.Connector {
			outside++
		}
	}
	if outside == 0 {
		return
	}
	h := float64(len(receivers)-1)*wideRow + 62
	fmt.Fprintf(c, `<rect class="outside" x="4" y="%s" width="84" height="%s" rx="12"/>`, num(middle-h/2), num(h))
	c.text("label", xSenders, middle+4.5, "middle", "Senders")
}

func (c *canvas) wideExporter(e Component, y, middle float64, content State) {
	if e.Connector {
		c.line(flow(content), curve(xContent+26, middle, xExporter, y))
		c.box(xExporter, y, wExporter, boxHeight, e.ID, "connector", "inside")
		return
	}
	disk, _ := e.Spot(RestDisk)
	out, _ := e.Spot(TransitOut)
	store, _ := e.Spot(RestStore)
	c.line(flow(content), curve(xContent+26, middle, xDisk-29, y))
	c.line("flow", fmt.Sprintf("M%s %sH%s", num(xDisk+29), num(y), num(xExporter)))
	c.cylinder(xDisk, y, 58, 60, disk.State)
	c.verdict(xDisk, y+45, disk)
	c.box(xExporter, y, wExporter, boxHeight, e.ID, "exporter", string(out.State))
	c.line(flow(out.State), fmt.Sprintf("M%s %sH%s", num(xExporter+wExporter), num(y), num(xStore-40-arrowLength)))
	c.arrow(xStore-40, y, out.State)
	badge(&c.Builder, out.State, xOut+2, y)
	c.verdict(xOut+2, y+30, out)
	c.cylinder(xStore, y, 78, 62, store.State)
	c.verdict(xStore, y+46, store)
}

// processorPanel lists the processors in their order around a middle line.
func (c *canvas) processorPanel(x, middle, w float64, processors []Component, more int) {
	h := float64(max(len(processors), 1))*wideChip + 36
	if more > 0 {
		h += 18
	}
	top := middle - h/2
	fmt.Fprintf(c, `<rect class="panel" x="%s" y="%s" width="%s" height="%s" rx="12"/>`, num(x), num(top), num(w), num(h))
	c.text("caption", x+w/2, top+18, "middle", "processors, in order")
	if len(processors) == 0 {
		c.text("caption", x+w/2, top+46, "middle", "none")
	}
	for i, p := range processors {
		class := ""
		if p.Type() == "redact" {
			class = "closed"
		}
		c.box(x+10, top+28+float64(i)*wideChip+14, w-20, 28, p.ID, "", "chip "+class)
	}
	c.more(x+w/2, top+h-10, more)
}

func (c *canvas) more(x, y float64, n int) {
	if n > 0 {
		c.text("caption", x, y, "middle", "and "+itoa(n)+" more, listed below")
	}
}

func (c *canvas) arrow(x, y float64, s State) {
	fmt.Fprintf(c, `<path class="head %s" d="M%s %sl-9-5v10z"/>`, s, num(x), num(y))
}

func rowY(i, n int, middle float64) float64 {
	return middle + (float64(i)-float64(n-1)/2)*wideRow - 8
}

// curve joins two heights with an S, or a straight line.
func curve(x1, y1, x2, y2 float64) string {
	mid := (x1 + x2) / 2
	return fmt.Sprintf("M%s %sC%s %s %s %s %s %s", num(x1), num(y1), num(mid), num(y1), num(mid), num(y2), num(x2), num(y2))
}
