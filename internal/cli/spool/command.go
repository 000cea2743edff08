// Package spool is `sealctl spool`: keys, inspection and maintenance of the
// directory of the encrypted_storage extension.
package spool

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sealed-otel/otelcol-sealed/internal/cli/exit"
)

// NewCommand returns `sealctl spool` with its sub-commands.
func NewCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "spool",
		Short: "Make keys for an encrypted spool, look into it, verify and rewrap it",
		// Without these two cobra answers a mistyped command with its help and
		// the code of success.
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newKeygen(), newLs(), newStat(), newVerify(), newRewrap())
	return c
}

// format is the value of --format.
type format string

func (f *format) register(c *cobra.Command) {
	*f = "text"
	c.Flags().Var(f, "format", "output: text or json")
}

func (f *format) Set(s string) error {
	if s != "text" && s != "json" {
		return fmt.Errorf("use text or json")
	}
	*f = format(s)
	return nil
}

func (f *format) String() string { return string(*f) }

// Type implements pflag.Value.
func (*format) Type() string { return "text|json" }

// write prints v as JSON, or calls text.
func (f format) write(w io.Writer, v any, text func(io.Writer)) error {
	if f == "json" {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	text(w)
	return nil
}

// unreadable marks an error about the input.
func unreadable(err error) error { return exit.WithCode(exit.Usage, err) }

// findings ends the command with the code for findings that were printed.
func findings() error { return exit.WithCode(exit.Findings, nil) }

func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}
