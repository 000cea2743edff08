// Command demo shows the whole promise on a real pipeline and prints the
// proofs. It exits 0 if every proof holds, 1 if one fails, 2 if the story could
// not be told to its end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/sealed-otel/otelcol-sealed/tests/demo"
)

func main() { os.Exit(run()) }

func run() int {
	var options demo.Options
	var sabotage string
	flag.BoolVar(&options.Keep, "keep", false, "leave the temporary folder behind")
	flag.StringVar(&sabotage, "sabotage", "", "break one defence to see its proof fail: redaction, spool, client-auth, guard, object or ledger")
	outage := flag.Int64("outage-mib", 24, "MiB of telemetry to acknowledge while the store is away")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: demo [-keep] [-outage-mib N] [-sabotage NAME]\nSet OTELCOL_SEALED_BIN and TOOLS_BIN where the programs are not found by themselves.")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() > 0 || *outage < 1 {
		flag.Usage()
		return 2
	}
	var err error
	if options.Sabotage, err = demo.SabotageByName(sabotage); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		return 2
	}
	options.OutageBytes = *outage << 20
	options.Progress = os.Stdout

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeoutCause(ctx, 3*time.Minute, errors.New("the demo took more than three minutes"))
	defer cancel()

	evidence, err := demo.Run(ctx, options)
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		return 2
	}
	proofs := evidence.Proofs()
	if err := demo.Table(os.Stdout, proofs, color()); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		return 2
	}
	passed := 0
	for _, proof := range proofs {
		if proof.Passed {
			passed++
		}
	}
	fmt.Printf("\n  %d of %d proofs hold, after %.1f s\n", passed, len(proofs), evidence.Elapsed.Seconds())
	if !demo.Passed(proofs) {
		return 1
	}
	return 0
}

// color only on a terminal that wants it (https://no-color.org).
func color() bool {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := os.Stdout.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
