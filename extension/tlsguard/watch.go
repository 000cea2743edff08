package tlsguard

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/probe"
	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// fullProbeEvery is how often a known socket is probed again. Every probe of
// a Go server leaves an error line in that server's log.
const fullProbeEvery = time.Hour

// statusWait bounds how long Shutdown waits for a status report that the
// collector no longer takes.
const statusWait = time.Second

// watch proves on the process's own sockets what the configuration promises.
type watch struct {
	guard    *guard
	surfaces []rules.Surface
	cancel   context.CancelFunc
	finished chan struct{}
	reported chan struct{}
	// started is false during the look of Ready, the only one that judges the
	// time of a certificate: it never ends a collector that runs. It is written
	// before the goroutine begins.
	started bool

	// mu guards everything declared below.
	mu sync.Mutex
	// probed holds when each socket was last found in order.
	probed map[probe.Socket]time.Time
	// failures counts bad looks in a row; two are fatal.
	failures int
	// fatal is what Shutdown returns, so that the process exits 1: a fatal
	// status alone makes it exit 0.
	fatal error
}

// look enumerates the sockets, probes those that are due and returns what is
// open.
func (w *watch) look(ctx context.Context) ([]rules.Finding, error) {
	sockets, err := w.guard.sockets()
	if w.started && (errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)) {
		// Without a descriptor for /proc there was none for a new listener either:
		// whoever floods the ports must not end the collector this way.
		w.guard.logger.Warn("tls_guard: no descriptor is left to look at the sockets: " + err.Error())
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	now := w.guard.now()
	addresses := make([]netip.AddrPort, len(sockets))
	for i, socket := range sockets {
		addresses[i] = socket.Address
	}
	explanations := rules.Explain(w.surfaces, addresses)
	var due []int
	w.mu.Lock()
	alive := make(map[probe.Socket]bool, len(sockets))
	for i, socket := range sockets {
		alive[socket] = true
		if last, ok := w.probed[socket]; !ok || now.Sub(last) >= fullProbeEvery || explanations[i].Ambiguous {
			due = append(due, i)
		}
	}
	for socket := range w.probed {
		if !alive[socket] {
			delete(w.probed, socket)
		}
	}
	w.mu.Unlock()

	if len(due) == 0 {
		return nil, nil
	}
	// A fresh one for each look: a server that looks at nothing but the dates of
	// a client certificate must not be taken for one that checks its issuer.
	stranger, err := probe.NewStranger(now)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, w.guard.policy.Probe.Timeout)
	defer cancel()
	results := make([][]rules.Finding, len(due))
	var group sync.WaitGroup
	for i, at := range due {
		group.Go(func() { results[i] = w.examine(ctx, sockets[at], explanations[at], stranger) })
	}
	group.Wait()
	return slices.Concat(results...), nil
}

// examine probes one socket unless the configuration or an exemption decides,
// and returns what refuses it; nothing means in order.
func (w *watch) examine(ctx context.Context, socket probe.Socket, explanation rules.Explanation, stranger probe.Stranger) []rules.Finding {
	now := w.guard.now()
	surface := explanation.Surface
	served := rules.Path(surface.Path, "tls", "cert_file")
	switch {
	case !explanation.Known:
		surface = rules.Surface{Path: rules.SocketPath(socket.Address), Policy: w.guard.policy.Receivers}
		served = surface.Path
	case surface.Inline:
		served = rules.Path(surface.Path, "tls", "cert_pem")
	}
	local := w.guard.policy.Allow.LoopbackPlaintext && socket.Address.Addr().IsLoopback()
	if explanation.Ambiguous && !local {
		return w.refuse(ctx, socket, "ambiguous", []rules.Finding{rules.AmbiguousFinding(socket.Address, surface)})
	}
	_, spared := rules.Exempt(rules.Finding{ID: "TG080", Path: surface.Path}, w.guard.policy, now)
	if surface.Decided || local || spared {
		w.settle(ctx, socket, now, "exempt")
		return nil
	}
	verdict := probe.Verify(ctx, socket.Reachable().String(), stranger)
	if verdict.Silent && w.known(socket) {
		// Found in order before, the same socket still: a collector that has no
		// time or no descriptor left must not be ended by its own guard. It is
		// asked again at the next look.
		w.count(ctx, string(probe.Unreachable))
		w.guard.logger.Warn("tls_guard: a socket that was in order gives no answer to a probe", zap.Stringer("address", socket.Address))
		return nil
	}
	var found []rules.Finding
	if finding, bad := rules.ProbeFinding(string(verdict.Result), surface.Path, socket.Address, surface.Policy, surface.Auth); bad {
		found = append(found, finding)
	}
	if verdict.Old {
		found = append(found, rules.OldFinding(rules.Path(surface.Path, "tls", "min_version"), socket.Address, surface.Policy))
	}
	if !w.started {
		found = append(found, w.served(verdict, served, surface.Inline || !explanation.Known)...)
	}
	if surface.Inline && len(verdict.Chain) > 0 {
		w.guard.recordEnd(ctx, served, verdict.Chain[0].NotAfter)
	}
	return w.refuse(ctx, socket, string(verdict.Result), found)
}

// known is true for a socket that was found in order before.
func (w *watch) known(socket probe.Socket) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, ok := w.probed[socket]
	return ok
}

// served judges what the socket presents. A warning about a certificate in a
// file was given before, from the configuration.
func (w *watch) served(verdict probe.Verdict, path string, unseen bool) []rules.Finding {
	findings := rules.ServedFindings(verdict.Chain, path, w.guard.now(), w.guard.policy.Certificates)
	return slices.DeleteFunc(findings, func(f rules.Finding) bool { return f.Severity == rules.Warn && !unseen })
}

// refuse applies the exemptions to what was found at a socket, logs what does
// not end a start, and returns the rest.
func (w *watch) refuse(ctx context.Context, socket probe.Socket, result string, found []rules.Finding) []rules.Finding {
	now := w.guard.now()
	var standing []rules.Finding
	for _, finding := range found {
		if e, exempt := rules.Exempt(finding, w.guard.policy, now); exempt {
			w.guard.logger.Info("exempted: "+finding.String(), zap.String("reason", e.Reason), zap.String("expires", e.Expires))
			result = "exempt"
			continue
		}
		if finding.Severity == rules.Warn {
			w.guard.logger.Warn(finding.String())
			w.guard.countFindings(ctx, []rules.Finding{finding})
			continue
		}
		standing = append(standing, finding)
	}
	if len(standing) == 0 {
		w.settle(ctx, socket, now, result)
		return nil
	}
	if w.gone(socket) {
		// Closed between the enumeration and the probe: a reload, not a leak.
		return nil
	}
	w.count(ctx, result)
	return standing
}

// gone is true when the socket no longer listens.
func (w *watch) gone(socket probe.Socket) bool {
	sockets, err := w.guard.sockets()
	if err != nil {
		return false
	}
	for _, other := range sockets {
		if other == socket {
			return false
		}
	}
	return true
}

func (w *watch) settle(ctx context.Context, socket probe.Socket, now time.Time, result string) {
	w.count(ctx, result)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.probed[socket] = now
}

func (w *watch) count(ctx context.Context, result string) {
	w.guard.telemetry.TLSGuardProbeResults.Add(ctx, 1, metric.WithAttributes(attribute.String("result", result)))
}

// run looks at every interval until it is stopped or two looks in a row were
// bad.
func (w *watch) run(ctx context.Context) {
	defer close(w.finished)
	ticker := time.NewTicker(w.guard.policy.Probe.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		w.guard.recordExpiry(ctx)
		findings, err := w.look(ctx)
		if ctx.Err() != nil {
			return
		}
		if fatal := w.judge(ctx, findings, err); fatal != nil {
			w.report(fatal)
			return
		}
	}
}

// judge counts bad looks; the second in a row is fatal.
func (w *watch) judge(ctx context.Context, findings []rules.Finding, err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(findings) == 0 && err == nil {
		if w.failures > 0 {
			w.guard.logger.Info("tls_guard: the sockets are in order again")
			componentstatus.ReportStatus(w.guard.host, componentstatus.NewEvent(componentstatus.StatusOK))
		}
		w.failures = 0
		return nil
	}
	w.failures++
	bad := probeError(findings, err)
	w.guard.countFindings(ctx, findings)
	w.guard.logger.Error(bad.Error())
	if w.failures < 2 {
		componentstatus.ReportStatus(w.guard.host, componentstatus.NewRecoverableErrorEvent(bad))
		return nil
	}
	w.fatal = bad
	return bad
}

// report stops the collector. The report blocks while the collector is busy
// with a reload or its own shutdown, which in turn waits for this extension:
// so it has a goroutine of its own, and Shutdown waits for it a bounded time.
func (w *watch) report(fatal error) {
	go func() {
		defer close(w.reported)
		componentstatus.ReportStatus(w.guard.host, componentstatus.NewFatalErrorEvent(fatal))
	}()
}

// stop ends the watch and returns what was fatal.
func (w *watch) stop() error {
	w.cancel()
	<-w.finished
	w.mu.Lock()
	fatal := w.fatal
	w.mu.Unlock()
	if fatal == nil {
		return nil
	}
	timer := time.NewTimer(statusWait)
	defer timer.Stop()
	select {
	case <-w.reported:
	case <-timer.C:
	}
	return fatal
}

func probeError(findings []rules.Finding, err error) error {
	if err != nil {
		return fmt.Errorf("tls_guard: the probe cannot look at the sockets: %w", err)
	}
	lines := make([]string, len(findings))
	for i, f := range findings {
		lines[i] = f.String()
	}
	return fmt.Errorf("tls_guard: the probe refuses what it found, %d in all:\n%s", len(findings), strings.Join(lines, "\n"))
}

// Ready proves the sockets before the collector counts as started. An error
// makes it close them and exit 1.
func (g *guard) Ready() error {
	if !g.policy.Probe.Enabled {
		g.logger.Warn("tls_guard: probe.enabled is false: only the configuration was checked")
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := &watch{
		guard: g, surfaces: g.surfaces, cancel: cancel,
		finished: make(chan struct{}), reported: make(chan struct{}),
		probed: make(map[probe.Socket]time.Time),
	}
	findings, err := w.look(ctx)
	if errors.Is(err, probe.ErrNoEnumeration) {
		cancel()
		g.logger.Warn("tls_guard: " + err.Error() + ": only the configuration was checked")
		return nil
	}
	if len(findings) > 0 || err != nil {
		cancel()
		g.countFindings(context.Background(), findings)
		return probeError(findings, err)
	}
	g.mu.Lock()
	g.watch = w
	g.mu.Unlock()
	w.started = true
	go w.run(ctx)
	return nil
}

// NotReady stops the watch before the receivers close their sockets.
func (g *guard) NotReady() error {
	g.stopWatch()
	return nil
}

func (g *guard) stopWatch() {
	g.mu.Lock()
	w := g.watch
	g.watch = nil
	g.mu.Unlock()
	if w == nil {
		return
	}
	fatal := w.stop()
	g.mu.Lock()
	g.fatal = fatal
	g.mu.Unlock()
}
