package spool

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/keyfile"
)

func newKeygen() *cobra.Command {
	var output, id string
	c := &cobra.Command{
		Use:   "keygen [-o FILE]",
		Short: "Make a line for a key file",
		Long: `Make a line for a key file and print it, or write it to a new file of mode 0600.

The first line of a key file wraps, all lines unwrap. To rotate, put the new
line on top. An existing file is never overwritten.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			line, err := keyfile.NewLine(id)
			if err != nil {
				return unreadable(err)
			}
			defer envelope.Wipe(line)
			if output != "" {
				if err := keyfile.Create(output, line); err != nil {
					return unreadable(err)
				}
				return nil
			}
			_, err = c.OutOrStdout().Write(line)
			if err != nil {
				return fmt.Errorf("print key: %w", err)
			}
			return nil
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "write to this new file, mode 0600")
	c.Flags().StringVar(&id, "id", "", "id of the key (default: spool- and random digits)")
	return c
}
