// Package cli is the command tree of sealctl. Each command lives in a package
// of its own below this one and is added in newRoot.
package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sealed-otel/otelcol-sealed/internal/cli/check"
	"github.com/sealed-otel/otelcol-sealed/internal/cli/exit"
	"github.com/sealed-otel/otelcol-sealed/internal/cli/probe"
	"github.com/sealed-otel/otelcol-sealed/internal/cli/spool"
	"github.com/sealed-otel/otelcol-sealed/internal/cli/version"
)

// Main runs sealctl and returns the exit code of the process.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if recover() != nil {
			// The panic value may hold bytes of a file that was being read, so
			// it is not printed.
			fmt.Fprintln(stderr, "sealctl: internal error; please report the command that you ran")
			code = exit.Internal
		}
	}()
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	if err != nil && err.Error() != "" {
		fmt.Fprintf(stderr, "sealctl: %v\n", err)
	}
	return exit.CodeOf(err)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "sealctl",
		Short:         "Check, probe and operate a sealed OpenTelemetry pipeline",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(
		check.NewCommand(),
		probe.NewCommand(),
		spool.NewCommand(),
		version.NewCommand(),
	)
	return root
}
