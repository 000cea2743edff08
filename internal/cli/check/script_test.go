package check_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sealed-otel/otelcol-sealed/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"sealctl": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		// One binary under three names plays collectors of three releases.
		"collector":   func() { os.Exit(collector(os.Args[1:], "")) },
		"gated":       func() { os.Exit(collector(os.Args[1:], "gate")) },
		"broken":      func() { os.Exit(collector(os.Args[1:], "broken")) },
		"unstoppable": func() { os.Exit(collector(os.Args[1:], "endless")) },
	})
}

// collector answers as a collector binary does: components and print-config,
// the latter with what stands in $EFFECTIVE.
func collector(args []string, fault string) int {
	switch {
	case slices.Contains(args, "components"):
		fmt.Println("extensions:\n  - name: tls_guard\n    module: example.com/guard v1.0.0\nreceivers:\n  - name: otlp")
		return 0
	case fault == "broken":
		fmt.Fprintln(os.Stderr, "Error: cannot unmarshal the configuration: decoding failed due to the following error(s):\n\n"+
			"'exporters' error reading configuration for \"otlp\": 'timeout' time: invalid duration \"hunter2hunter2\"\n"+
			"2026/01/01 00:00:00 collector server run finished with error: hunter2hunter2")
		return 1
	case fault == "endless":
		for {
			fmt.Println(strings.Repeat("x", 4096))
		}
	case fault == "gate" && !slices.Contains(args, "--feature-gates=otelcol.printInitialConfig"):
		fmt.Fprintln(os.Stderr, "Error: print-config is currently experimental, use the otelcol.printInitialConfig feature gate to enable this command")
		return 1
	case fault == "" && slices.Contains(args, "--feature-gates=otelcol.printInitialConfig"):
		fmt.Fprintln(os.Stderr, "Error: no such feature gate")
		return 1
	}
	if !slices.Contains(args, "print-config") || !slices.Contains(args, "--validate=false") {
		fmt.Fprintln(os.Stderr, "Error: unknown command")
		return 1
	}
	data, err := os.ReadFile(os.Getenv("EFFECTIVE"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(string(data))
	return 0
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true})
}
