// Package version implements `sealctl version`.
package version

import (
	"crypto/fips140"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/sealed-otel/otelcol-sealed/internal/cli/exit"
)

// Release is set by the linker (-X) for a tagged build.
var Release = "0.1.0-dev"

type build struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Revision string `json:"revision,omitempty"`
	FIPS140  bool   `json:"fips140"`
}

func current() build {
	b := build{
		Version:  Release,
		Go:       runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH,
		FIPS140:  fips140.Enabled(),
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Revision = s.Value
			}
		}
	}
	return b
}

// NewCommand makes the command.
func NewCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the version, the Go release and whether the FIPS module is on",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b := current()
			out := cmd.OutOrStdout()
			switch format {
			case "json":
				return json.NewEncoder(out).Encode(b)
			case "text":
				fips := "off"
				if b.FIPS140 {
					fips = "on"
				}
				_, err := fmt.Fprintf(out, "sealctl %s (%s, %s, FIPS 140 module %s)\n", b.Version, b.Go, b.Platform, fips)
				return err
			}
			return exit.WithCode(exit.Usage, fmt.Errorf("--format %q is unknown; use text or json", format))
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}
