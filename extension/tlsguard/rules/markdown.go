package rules

import (
	"fmt"
	"strings"
)

// Markdown is the rules' reference for people, docs/rules.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("<!-- Written by rulesdoc (go generate in extension/tlsguard). Do not edit. -->\n\n# Rules of the TLS guard\n\n")
	b.WriteString("Ids are stable: a rule keeps its id for ever, and an id is never used again. Severities are those of the default\n")
	b.WriteString("policy. Both examples of each rule are tested: the rules judge them, and the built collector refuses or starts them\n")
	b.WriteString("(but for TG070: the collector itself refuses a type that it does not have).\n")
	b.WriteString("A finding is one line: `tls_guard: <id> <path>: <what is wrong>; <what to do>`.\n\n")
	b.WriteString("| id | finding | severity | family |\n|---|---|---|---|\n")
	for _, rule := range All() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", rule.ID, strings.ToLower(rule.ID), rule.Title, rule.Severity, rule.Family)
	}
	for _, rule := range All() {
		fmt.Fprintf(&b, "\n## %s\n\n**%s** (%s)\n\n%s\n", rule.ID, rule.Title, rule.Severity, rule.Help)
		if rule.Bad == "" {
			b.WriteString("\nNo configuration alone shows this finding.\n")
			continue
		}
		fmt.Fprintf(&b, "\nBad, found at `%s`:\n\n```yaml\n%s```\n\nGood:\n\n```yaml\n%s```\n", rule.BadPath, rule.Bad, rule.Good)
	}
	return b.String()
}
