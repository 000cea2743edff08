package report

import "fmt"

// Geometry of the narrow drawing, top to bottom, in user units.
const (
	narrowWidth = 380
	narrowRow   = 84
	xTrunk      = 24.0
)

// narrow draws the same pipeline for a phone: receivers above, processors in
// the middle, exporters with queue and store below.
func narrow(p Pipeline, id string) string {
	receivers, moreReceivers := rows(p.Receivers)
	processors, moreProcessors := rows(p.Processors)
	exporters, moreExporters := rows(p.Exporters)
	panel := float64(max(len(processors), 1))*wideChip + 36
	if moreProcessors > 0 {
		panel += 18
	}

	yReceivers := 34.0
	yPanel := yReceivers + float64(max(len(receivers), 1))*narrowRow + 14
	yContent := yPanel + panel + 44
	yExporters := yContent + 62
	height := yExporters + float64(max(len(exporters), 1))*(narrowRow+14) + 26

	c := &canvas{}
	c.open("drawing narrow", id, narrowWidth, height, p)
	c.text("column", 4, 16, "start", "1 In transit, in")
	for i, r := range receivers {
		y := yReceivers + float64(i)*narrowRow + 26
		s, _ := r.Spot(TransitIn)
		if r.Connector {
			c.box(150, y, 222, boxHeight, r.ID, "connector", "inside")
		} else {
			c.line(flow(s.State), fmt.Sprintf("M4 %sH%s", num(y), num(150-arrowLength)))
			c.arrow(150, y, s.State)
			badge(&c.Builder, s.State, 72, y)
			c.verdict(72, y+30, s)
			c.box(150, y, 222, boxHeight, r.ID, "receiver", string(s.State))
		}
		next := y + narrowRow - boxHeight/2
		if i == len(receivers)-1 {
			next = yPanel
		}
		c.line("flow", fmt.Sprintf("M261 %sV%s", num(y+boxHeight/2), num(next)))
	}
	c.more(261, yPanel-4, moreReceivers)
	c.processorPanel(150, yPanel+panel/2, 222, processors, moreProcessors)

	content := p.Content
	c.line(flow(content.State), fmt.Sprintf("M261 %sV%sH%sV%s", num(yPanel+panel), num(yContent), num(xTrunk), num(yExporters+34)))
	badge(&c.Builder, content.State, 150, yContent)
	c.verdict(150, yContent+30, content)
	c.text("column", 132, yContent-20, "start", "2 Content")

	c.text("column", 76, yExporters-8, "middle", "3 Disk")
	c.text("column", 282, yExporters-8, "middle", "4 Out")
	c.text("column", 340, yExporters-8, "middle", "5 Store")
	for i, e := range exporters {
		y := yExporters + float64(i)*(narrowRow+14) + 34
		c.narrowExporter(e, y, content.State, i > 0)
	}
	c.more(190, height-8, moreExporters)
	c.WriteString(`</svg>`)
	return c.String()
}

func (c *canvas) narrowExporter(e Component, y float64, content State, branch bool) {
	if branch {
		c.line(flow(content), fmt.Sprintf("M%s %sV%s", num(xTrunk), num(y-narrowRow-14), num(y)))
	}
	if e.Connector {
		c.line(flow(content), fmt.Sprintf("M%s %sH110", num(xTrunk), num(y)))
		c.box(110, y, 140, boxHeight, e.ID, "connector", "inside")
		return
	}
	disk, _ := e.Spot(RestDisk)
	out, _ := e.Spot(TransitOut)
	store, _ := e.Spot(RestStore)
	c.line(flow(content), fmt.Sprintf("M%s %sH%s", num(xTrunk), num(y), num(50.0)))
	c.line("flow", fmt.Sprintf("M102 %sH116", num(y)))
	c.cylinder(76, y, 52, 58, disk.State)
	c.verdict(76, y+45, disk)
	c.box(116, y, 136, boxHeight, e.ID, "exporter", string(out.State))
	c.line(flow(out.State), fmt.Sprintf("M252 %sH312", num(y)))
	badge(&c.Builder, out.State, 282, y)
	c.verdict(282, y+45, out)
	c.cylinder(342, y, 60, 58, store.State)
	c.verdict(342, y+45, store)
}
