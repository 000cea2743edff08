// Command rulesdoc writes the rules' reference from their definitions.
//
//	go run ./rules/rulesdoc -out ../../docs/rules.md
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

func main() {
	out := flag.String("out", "rules.md", "file to write")
	flag.Parse()
	text := rules.Markdown()
	if err := os.WriteFile(*out, []byte(text), 0o644); err != nil { //nolint:gosec // a public document
		fmt.Fprintf(os.Stderr, "rulesdoc: cannot write the reference: %v\n", err)
		os.Exit(1)
	}
}
