package report

import (
	"encoding/json"
	"io"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
	"github.com/sealed-otel/otelcol-sealed/internal/yamlpos"
)

type jsonReport struct {
	Version   string         `json:"version"`
	Files     []string       `json:"files"`
	Origin    Origin         `json:"origin"`
	Summary   jsonSummary    `json:"summary"`
	Findings  []jsonFinding  `json:"findings"`
	Accepted  []jsonFinding  `json:"accepted"`
	Notes     []string       `json:"notes"`
	Pipelines []jsonPipeline `json:"pipelines"`
}

type jsonSummary struct {
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Accepted int `json:"accepted"`
	Leaks    int `json:"open_leakage_points"`
}

type jsonFinding struct {
	rules.Finding
	Position *yamlpos.Position `json:"position,omitempty"`
}

type jsonPipeline struct {
	ID     string      `json:"id"`
	Points []jsonPoint `json:"points"`
}

type jsonPoint struct {
	Point    Point           `json:"point"`
	State    State           `json:"state"`
	Where    []jsonComponent `json:"components,omitempty"`
	Findings []string        `json:"findings,omitempty"`
}

type jsonComponent struct {
	ID    string `json:"id"`
	State State  `json:"state"`
}

// WriteJSON writes one indented object. Keys are never removed or renamed
// within a major version.
func (r *Report) WriteJSON(w io.Writer) error {
	errs, warnings := r.Count()
	out := jsonReport{
		Version:   r.Version,
		Files:     orEmpty(r.Files),
		Origin:    r.Origin,
		Summary:   jsonSummary{Errors: errs, Warnings: warnings, Accepted: len(r.Accepted), Leaks: r.Leaks()},
		Findings:  jsonFindings(r.Findings),
		Accepted:  jsonFindings(r.Accepted),
		Notes:     orEmpty(r.Notes),
		Pipelines: []jsonPipeline{},
	}
	for _, p := range r.Pipelines {
		row := jsonPipeline{ID: p.ID}
		for _, point := range Points() {
			at := jsonPoint{Point: point, State: p.State(point)}
			for _, c := range p.components() {
				if s, ok := c.Spot(point); ok && point != Content {
					at.Where = append(at.Where, jsonComponent{ID: c.ID, State: s.State})
				}
			}
			for _, f := range p.Findings(point) {
				at.Findings = append(at.Findings, f.ID+" "+f.Path)
			}
			row.Points = append(row.Points, at)
		}
		out.Pipelines = append(out.Pipelines, row)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

func jsonFindings(findings []Finding) []jsonFinding {
	out := make([]jsonFinding, 0, len(findings))
	for _, f := range findings {
		j := jsonFinding{Finding: f.Finding}
		if !f.Position.IsZero() {
			j.Position = &f.Position
		}
		out = append(out, j)
	}
	return out
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
