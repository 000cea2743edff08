// Package check implements `sealctl check`: the rules of tls_guard on a
// configuration that is not running yet.
package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
	"github.com/sealed-otel/otelcol-sealed/internal/cli/exit"
	"github.com/sealed-otel/otelcol-sealed/internal/cli/terminal"
	"github.com/sealed-otel/otelcol-sealed/internal/cli/version"
	"github.com/sealed-otel/otelcol-sealed/internal/report"
)

type options struct {
	collector string
	format    string
	failOn    string
	output    string
	files     bool
	at        time.Time
}

var formats = []string{"text", "json", "sarif", "html"}

// NewCommand makes the command.
func NewCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "check CONFIG…",
		Short: "Find what leaves a collector configuration in clear, before it runs",
		Long: `check judges collector configurations by the rules of tls_guard and prints each
finding with its file, line and column. Several files are merged in their order,
as the collector does. A CONFIG is a path, or file:…, env:NAME or yaml:….

With --collector the given binary (any distribution) is asked for the effective
configuration: that is exact. Without it the files are merged here and completed
with the defaults of the otelcol-sealed distribution; component types of other
distributions are then judged by what is written, and reported as unknown.

Exit code: 0 clean, 1 findings, 2 the input cannot be read, 3 internal fault.`,
		Example: `  sealctl check config.yaml
  sealctl check --collector ./otelcol-sealed --format sarif -o check.sarif config.yaml
  sealctl check --fail-on warn --format html -o report.html base.yaml prod.yaml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("name at least one CONFIG; `sealctl check --help` shows how")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.at = time.Now()
			return o.run(cmd.Context(), args, cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.collector, "collector", "", "collector `binary` to ask for the effective configuration")
	flags.StringVar(&o.format, "format", "text", "text, json, sarif or html")
	flags.StringVar(&o.failOn, "fail-on", "error", "lowest severity that exits with 1: warn or error")
	flags.StringVarP(&o.output, "output", "o", "", "write to `file` instead of standard output")
	flags.BoolVar(&o.files, "files", false, "also open the certificates and keys that the configuration names, on this host")
	return cmd
}

func (o options) run(ctx context.Context, uris []string, stdout io.Writer) error {
	if ctx == nil {
		ctx = context.Background()
	}
	least, err := o.validate()
	if err != nil {
		return exit.WithCode(exit.Usage, err)
	}
	r, err := o.check(ctx, uris)
	if err != nil {
		return exit.WithCode(exit.Usage, err)
	}
	if err := o.write(r, stdout); err != nil {
		return exit.WithCode(exit.Usage, err)
	}
	if r.AtLeast(least) {
		return exit.WithCode(exit.Findings, nil)
	}
	return nil
}

func (o options) validate() (rules.Severity, error) {
	known := false
	for _, format := range formats {
		known = known || format == o.format
	}
	if !known {
		return "", fmt.Errorf("--format %q is unknown; use text, json, sarif or html", o.format)
	}
	switch least := rules.Severity(o.failOn); least {
	case rules.Warn, rules.Error:
		return least, nil
	}
	return "", fmt.Errorf("--fail-on %q is unknown; use warn or error", o.failOn)
}

// write renders into memory first: a report that cannot be made must not
// leave half a file behind.
func (o options) write(r *report.Report, stdout io.Writer) (err error) {
	if o.output != "" {
		file, err := os.CreateTemp(filepath.Dir(o.output), ".sealctl-*")
		if err != nil {
			return fmt.Errorf("-o %s: %w", o.output, err)
		}
		defer func() {
			_ = os.Remove(file.Name()) // after a rename there is nothing left to remove
		}()
		if err := o.render(r, file, false); err != nil {
			return errors.Join(err, file.Close())
		}
		// 0644 as a shell redirection would give; the report holds no secret.
		if err := errors.Join(file.Chmod(0o644), file.Close()); err != nil {
			return fmt.Errorf("-o %s: %w", o.output, err)
		}
		if err := os.Rename(file.Name(), o.output); err != nil {
			return fmt.Errorf("-o %s: %w", o.output, err)
		}
		return nil
	}
	return o.render(r, stdout, terminal.Color(stdout))
}

func (o options) render(r *report.Report, w io.Writer, color bool) error {
	switch o.format {
	case "json":
		return r.WriteJSON(w)
	case "sarif":
		return r.WriteSARIF(w)
	case "html":
		return r.WriteHTML(w)
	}
	return r.WriteText(w, color)
}

func newReport(o options, names []string) *report.Report {
	return &report.Report{Version: version.Release, Made: o.at, Files: names, Origin: report.Offline}
}
