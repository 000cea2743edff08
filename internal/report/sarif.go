package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// Schema and version of the format, OASIS SARIF 2.1.0 with errata 01.
const (
	sarifSchema  = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	sarifVersion = "2.1.0"
	sarifRoot    = "%SRCROOT%"
	projectPage  = "https://github.com/sealed-otel/otelcol-sealed"
)

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	ColumnKind  string            `json:"columnKind"`
	Results     []sarifResult     `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version,omitempty"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifRule struct {
	ID                   string          `json:"id"`
	Name                 string          `json:"name"`
	ShortDescription     sarifText       `json:"shortDescription"`
	FullDescription      sarifText       `json:"fullDescription"`
	Help                 sarifText       `json:"help"`
	HelpURI              string          `json:"helpUri"`
	DefaultConfiguration sarifRuleConfig `json:"defaultConfiguration"`
	Properties           sarifRuleExtras `json:"properties"`
}

type sarifRuleConfig struct {
	Level string `json:"level"`
}

// sarifRuleExtras are what GitHub's code scanning reads: tags, and a score from
// 0 to 10 that sorts security alerts.
type sarifRuleExtras struct {
	Tags             []string `json:"tags"`
	Precision        string   `json:"precision"`
	SecuritySeverity string   `json:"security-severity"`
}

type sarifInvocation struct {
	ExecutionSuccessful bool                `json:"executionSuccessful"`
	Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Level   string    `json:"level"`
	Message sarifText `json:"message"`
}

type sarifResult struct {
	RuleID       string             `json:"ruleId"`
	RuleIndex    int                `json:"ruleIndex"`
	Level        string             `json:"level"`
	Message      sarifText          `json:"message"`
	Locations    []sarifLocation    `json:"locations"`
	Fingerprints map[string]string  `json:"partialFingerprints"`
	Suppressions []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Justification string `json:"justification"`
}

type sarifLocation struct {
	Physical *sarifPhysical `json:"physicalLocation,omitempty"`
	Logical  []sarifLogical `json:"logicalLocations"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI       string `json:"uri"`
	URIBaseID string `json:"uriBaseId,omitempty"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
	EndColumn   int `json:"endColumn,omitempty"`
}

type sarifLogical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
	Kind               string `json:"kind"`
}

// WriteSARIF writes a SARIF 2.1.0 log with one run. The fingerprint of a
// result is made from its rule, path and file, so that an alert keeps its
// identity when lines move. Findings that the policy accepts are results with
// a suppression.
func (r *Report) WriteSARIF(w io.Writer) error {
	catalogue := allRules()
	run := sarifRun{
		Tool: sarifTool{Driver: sarifDriver{
			Name: "sealctl", Version: r.Version, InformationURI: projectPage, Rules: sarifRules(catalogue),
		}},
		Invocations: []sarifInvocation{{ExecutionSuccessful: true}},
		ColumnKind:  "unicodeCodePoints",
		Results:     []sarifResult{},
	}
	for _, note := range r.Notes {
		run.Invocations[0].Notifications = append(run.Invocations[0].Notifications,
			sarifNotification{Level: "note", Message: sarifText{Text: note}})
	}
	for _, f := range slices.Concat(r.Findings, r.Accepted) {
		run.Results = append(run.Results, sarifResultOf(f, catalogue))
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(sarifLog{Schema: sarifSchema, Version: sarifVersion, Runs: []sarifRun{run}})
}

func sarifResultOf(f Finding, catalogue []rules.Rule) sarifResult {
	sum := sha256.Sum256([]byte(strings.Join([]string{f.ID, f.Path, filepath.ToSlash(f.Position.File)}, "\x00")))
	result := sarifResult{
		RuleID:       f.ID,
		RuleIndex:    slices.IndexFunc(catalogue, func(rule rules.Rule) bool { return rule.ID == f.ID }),
		Level:        sarifLevel(f.Severity),
		Message:      sarifText{Text: f.Path + ": " + f.Message + "; " + f.Remedy},
		Fingerprints: map[string]string{"sealctl/v1": hex.EncodeToString(sum[:16])},
		Locations:    []sarifLocation{{Logical: []sarifLogical{{FullyQualifiedName: f.Path, Kind: "member"}}}},
	}
	if artifact, ok := artifactOf(f.Position.File); ok && !f.Position.IsZero() {
		result.Locations[0].Physical = &sarifPhysical{
			Artifact: artifact,
			Region:   sarifRegion{StartLine: f.Position.Line, StartColumn: f.Position.Column, EndColumn: f.Position.EndColumn},
		}
	}
	if f.Accepted {
		result.Suppressions = []sarifSuppression{{Kind: "external", Status: "accepted", Justification: "accepted by the configured tls_guard policy"}}
	}
	return result
}

// artifactOf turns a file name into a URI: relative ones stay relative to the
// root of the sources, which is where code scanning looks for them.
func artifactOf(name string) (sarifArtifact, bool) {
	if name == "" || IsInline(name) {
		return sarifArtifact{}, false
	}
	slashed := filepath.ToSlash(name)
	if filepath.IsAbs(name) {
		return sarifArtifact{URI: (&url.URL{Scheme: "file", Path: slashed}).String()}, true
	}
	return sarifArtifact{URI: (&url.URL{Path: strings.TrimPrefix(slashed, "./")}).String(), URIBaseID: sarifRoot}, true
}

// IsInline reports whether a configuration was given without a file, as
// yaml:… or env:… on the command line.
func IsInline(name string) bool {
	return strings.HasPrefix(name, "yaml:") || strings.HasPrefix(name, "env:")
}

func sarifRules(catalogue []rules.Rule) []sarifRule {
	out := make([]sarifRule, 0, len(catalogue))
	for _, rule := range catalogue {
		extras := sarifRuleExtras{Tags: []string{"security", rule.Family}, Precision: "high", SecuritySeverity: "8.0"}
		if rule.Severity == rules.Warn {
			extras.SecuritySeverity = "4.0"
		}
		out = append(out, sarifRule{
			ID:                   rule.ID,
			Name:                 pascal(rule.Title),
			ShortDescription:     sarifText{Text: rule.Title},
			FullDescription:      sarifText{Text: rule.Help},
			Help:                 sarifText{Text: rule.Help, Markdown: ruleMarkdown(rule)},
			HelpURI:              projectPage + "/blob/main/docs/rules.md#" + strings.ToLower(rule.ID),
			DefaultConfiguration: sarifRuleConfig{Level: sarifLevel(rule.Severity)},
			Properties:           extras,
		})
	}
	return out
}

func ruleMarkdown(rule rules.Rule) string {
	var b strings.Builder
	b.WriteString(rule.Help + "\n")
	for _, example := range []struct{ title, yaml string }{{"Found by this rule", rule.Bad}, {"Without the finding", rule.Good}} {
		if example.yaml != "" {
			b.WriteString("\n**" + example.title + "**\n\n```yaml\n" + strings.TrimSpace(example.yaml) + "\n```\n")
		}
	}
	return b.String()
}

func sarifLevel(s rules.Severity) string {
	if s == rules.Error {
		return "error"
	}
	return "warning"
}

// pascal makes the rule's name in the form that the SARIF standard recommends.
func pascal(title string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(title, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	}) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
