// Command sealctl checks, probes and operates a sealed OpenTelemetry pipeline.
package main

import (
	"os"

	"github.com/sealed-otel/otelcol-sealed/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
