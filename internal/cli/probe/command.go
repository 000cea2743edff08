package probe

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/spf13/cobra"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/probe"
	"github.com/sealed-otel/otelcol-sealed/internal/cli/exit"
	"github.com/sealed-otel/otelcol-sealed/internal/cli/terminal"
)

type options struct {
	cert, key, ca string
	serverName    string
	timeout       time.Duration
	format        string
}

// maxTimeout bounds one step; a probe of one port takes at most sixteen.
const maxTimeout = time.Minute

// NewCommand makes the command.
func NewCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "probe HOST:PORT…",
		Short: "Prove from outside what a live port lets in",
		Long: `probe connects to each port and prints a table: is plaintext refused, which TLS
versions are offered, is a client certificate required, is one of an unknown
authority refused, does the certificate chain verify and when does it end.

No telemetry is sent. A port that does not speak TLS gets no byte beyond the
TLS ClientHello. Every check is a connection of its own, so the server's log
shows a handful of handshake errors.

Exit code: 0 no gap, 1 a gap, 2 wrong arguments or a port that is not reachable.`,
		Example: `  sealctl probe collector:4317 collector:4318 --ca ca.pem
  sealctl probe collector:4317 --ca ca.pem --cert client.pem --key client-key.pem`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("name at least one HOST:PORT; `sealctl probe --help` shows how")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), args, cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.cert, "cert", "", "client certificate `file` that should be let in")
	flags.StringVar(&o.key, "key", "", "`file` of its private key")
	flags.StringVar(&o.ca, "ca", "", "`file` of the authorities that issued the server's certificate (default: the system's)")
	flags.StringVar(&o.serverName, "server-name", "", "`name` that the server's certificate must be for (default: the host)")
	flags.DurationVar(&o.timeout, "timeout", 2*time.Second, "longest wait for one step")
	flags.StringVar(&o.format, "format", "text", "text or json")
	return cmd
}

func (o options) run(ctx context.Context, targets []string, stdout io.Writer) error {
	if ctx == nil {
		ctx = context.Background()
	}
	id, err := o.identity(targets)
	if err != nil {
		return exit.WithCode(exit.Usage, err)
	}
	tables := make([]Verification, 0, len(targets))
	for _, target := range targets {
		c := client{probe.Target{Address: target, ServerName: o.serverName, Timeout: o.timeout, Quiet: o.timeout}}
		if c.ServerName == "" {
			c.ServerName, _, _ = net.SplitHostPort(target) // checked by identity
		}
		tables = append(tables, c.verify(ctx, target, id))
	}
	if o.format == "json" {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(tables)
	} else {
		err = writeTable(stdout, tables, terminal.Color(stdout))
	}
	if err != nil {
		return exit.WithCode(exit.Usage, fmt.Errorf("output: %w", err))
	}
	return verdict(tables)
}

func (o options) identity(targets []string) (identity, error) {
	id := identity{now: time.Now()}
	if o.format != "text" && o.format != "json" {
		return id, fmt.Errorf("--format %q is unknown; use text or json", o.format)
	}
	if o.timeout <= 0 || o.timeout > maxTimeout {
		return id, fmt.Errorf("--timeout %s is out of range; use more than 0 and at most %s", o.timeout, maxTimeout)
	}
	for _, target := range targets {
		if host, port, err := net.SplitHostPort(target); err != nil || host == "" || port == "" {
			return id, fmt.Errorf("%q is not HOST:PORT", target)
		}
	}
	if (o.cert == "") != (o.key == "") {
		return id, errors.New("--cert and --key belong together; give both or none")
	}
	var err error
	if id.roots, err = roots(o.ca); err != nil {
		return id, err
	}
	if o.cert != "" {
		pair, err := tls.LoadX509KeyPair(o.cert, o.key)
		if err != nil {
			return id, fmt.Errorf("--cert %s, --key %s: %w", o.cert, o.key, err)
		}
		id.own = &pair
	}
	stranger, err := probe.NewStranger(id.now)
	if err != nil {
		return id, err
	}
	id.unknown = stranger.Certificate()
	return id, nil
}

// verdict is exit code 2 when a port could not be judged, else 1 for a gap: an
// unreachable port must not look like a clean one.
func verdict(tables []Verification) error {
	gaps := 0
	for _, v := range tables {
		if v.Unreachable != "" {
			return exit.WithCode(exit.Usage, fmt.Errorf("%s is not reachable: %s", v.Target, v.Unreachable))
		}
		gaps += v.Gaps()
	}
	if gaps > 0 {
		return exit.WithCode(exit.Findings, nil)
	}
	return nil
}
