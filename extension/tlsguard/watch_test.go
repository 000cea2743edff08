package tlsguard

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/internal/metadata"
	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/internal/metadatatest"
	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/probe"
	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// statusHost knows one receiver factory and keeps what is reported.
type statusHost struct {
	mu     sync.Mutex
	events []*componentstatus.Event
	told   chan struct{}
}

func (h *statusHost) GetExtensions() map[component.ID]component.Component { return nil }

func (h *statusHost) GetFactory(kind component.Kind, typ component.Type) component.Factory {
	if factory := otlpreceiver.NewFactory(); kind == component.KindReceiver && typ == factory.Type() {
		return factory
	}
	return nil
}

func (h *statusHost) Report(event *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, event)
	select {
	case h.told <- struct{}{}:
	default:
	}
}

func (h *statusHost) has(status componentstatus.Status) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, event := range h.events {
		if event.Status() == status {
			return true
		}
	}
	return false
}

type socketList struct {
	mu   sync.Mutex
	list []probe.Socket
	err  error
}

func (s *socketList) get() ([]probe.Socket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list, s.err
}

func (s *socketList) set(err error, sockets ...probe.Socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list, s.err = sockets, err
}

// started returns a guard that has judged an empty configuration, with the
// given sockets as its own.
func started(t *testing.T, change func(*rules.Policy), sockets *socketList) (*guard, *statusHost, *componenttest.Telemetry) {
	t.Helper()
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(context.Background())) })
	settings := extensiontest.NewNopSettings(metadata.Type)
	settings.TelemetrySettings = telemetry.NewTelemetrySettings()
	policy := rules.DefaultPolicy()
	policy.Probe.Interval = 10 * time.Millisecond
	policy.Probe.Timeout = 20 * time.Second
	if change != nil {
		change(&policy)
	}
	g := newGuard(settings, &Config{Policy: policy})
	g.sockets = sockets.get
	host := &statusHost{told: make(chan struct{}, 1)}
	require.NoError(t, g.Start(context.Background(), host))
	empty := confmap.NewFromStringMap(map[string]any{})
	require.NoError(t, g.NotifyConfigSnapshot(context.Background(), extensioncapabilities.NewConfigSnapshot(empty, nil)))
	return g, host, telemetry
}

// plaintextSocket listens without TLS.
func plaintextSocket(t *testing.T) probe.Socket {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	return probe.Socket{Address: netip.MustParseAddrPort(server.Listener.Addr().String()), Inode: 1}
}

func TestReadyRefusesAPlaintextSocket(t *testing.T) {
	t.Parallel()
	socket := plaintextSocket(t)
	sockets := &socketList{list: []probe.Socket{socket}}
	g, _, telemetry := started(t, nil, sockets)
	err := g.Ready()
	require.ErrorContains(t, err, "tls_guard: TG080 sockets::"+socket.Address.String()+": ")
	metadatatest.AssertEqualTLSGuardProbeResults(t, telemetry, []metricdata.DataPoint[int64]{
		{Value: 1, Attributes: attribute.NewSet(attribute.String("result", "plaintext"))},
	}, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualTLSGuardFindings(t, telemetry, []metricdata.DataPoint[int64]{
		{Value: 1, Attributes: attribute.NewSet(attribute.String("rule", "TG080"), attribute.String("severity", "error"))},
	}, metricdatatest.IgnoreTimestamp())
	require.NoError(t, g.NotReady())
	require.NoError(t, g.Shutdown(context.Background()), "the refusal was returned by Ready already")
}

func TestReadyTakesExemptionsAndLoopback(t *testing.T) {
	t.Parallel()
	socket := plaintextSocket(t)
	for name, change := range map[string]func(*rules.Policy){
		"exempted": func(p *rules.Policy) {
			p.Exemptions = []rules.Exemption{{Path: rules.SocketPath(socket.Address), Rules: []string{"TG080"}, Reason: "test", Expires: rules.Never}}
		},
		"loopback allowed": func(p *rules.Policy) { p.Allow.LoopbackPlaintext = true },
		"probe off":        func(p *rules.Policy) { p.Probe.Enabled = false },
	} {
		g, _, _ := started(t, change, &socketList{list: []probe.Socket{socket}})
		require.NoError(t, g.Ready(), name)
		require.NoError(t, g.NotReady(), name)
		require.NoError(t, g.Shutdown(context.Background()), name)
	}
}

// A health endpoint whose port the kernel chooses must not excuse a second
// socket, and neither is sent a byte.
func TestReadyRefusesWhatItCannotTellApart(t *testing.T) {
	t.Parallel()
	silent := func() (probe.Socket, net.Listener) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { listener.Close() })
		return probe.Socket{Address: netip.MustParseAddrPort(listener.Addr().String()), Inode: 1}, listener
	}
	one, listener := silent()
	two, _ := silent()
	sockets := &socketList{list: []probe.Socket{one, two}}
	g, _, _ := started(t, nil, sockets)
	g.surfaces = []rules.Surface{{Path: "extensions::health_check", Host: "localhost", Decided: true}}
	err := g.Ready()
	require.ErrorContains(t, err, "tls_guard: TG080 sockets::"+one.Address.String()+": ")
	require.ErrorContains(t, err, "tls_guard: TG080 sockets::"+two.Address.String()+": ")
	require.NoError(t, listener.(*net.TCPListener).SetDeadline(time.Now().Add(100*time.Millisecond)))
	_, err = listener.Accept()
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "nobody connected")

	sockets.set(nil, one)
	require.NoError(t, g.Ready(), "one socket for one setting")
	require.NoError(t, g.Shutdown(context.Background()))
}

func TestPlatformWithoutEnumerationChecksTheConfigurationOnly(t *testing.T) {
	t.Parallel()
	g, _, _ := started(t, nil, &socketList{err: probe.ErrNoEnumeration})
	require.NoError(t, g.Ready())
	require.NoError(t, g.Shutdown(context.Background()))
}

func TestReadyFailsClosedWhenItCannotLook(t *testing.T) {
	t.Parallel()
	g, _, _ := started(t, nil, &socketList{err: errors.New("no proc")})
	require.ErrorContains(t, g.Ready(), "cannot look at the sockets")
	require.NoError(t, g.Shutdown(context.Background()))
}

func TestASocketThatOpensLaterIsFatal(t *testing.T) {
	t.Parallel()
	sockets := &socketList{}
	g, host, _ := started(t, nil, sockets)
	require.NoError(t, g.Ready())
	sockets.set(nil, plaintextSocket(t))
	require.Eventually(t, func() bool { return host.has(componentstatus.StatusFatalError) }, 20*time.Second, time.Millisecond)
	assert.True(t, host.has(componentstatus.StatusRecoverableError), "the first bad look is not fatal")
	require.NoError(t, g.NotReady())
	require.ErrorContains(t, g.Shutdown(context.Background()), "TG080", "a fatal status alone would exit 0")
}

// A collector under heavy load answers no probe in time. That says nothing
// about its sockets, which were found in order.
func TestASocketInOrderMayFallSilent(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	socket := probe.Socket{Address: netip.MustParseAddrPort(listener.Addr().String()), Inode: 1}
	policy := func(p *rules.Policy) { p.Probe.Timeout = 50 * time.Millisecond }
	g, _, _ := started(t, policy, &socketList{list: []probe.Socket{socket}})
	now := time.Now()
	w := &watch{guard: g, probed: map[probe.Socket]time.Time{socket: now.Add(-2 * time.Hour)}, started: true}
	findings, err := w.look(context.Background())
	require.NoError(t, err)
	assert.Empty(t, findings)
	assert.True(t, w.probed[socket].Before(now), "it is asked again at the next look")

	stranger := &watch{guard: g, probed: map[probe.Socket]time.Time{}, started: true}
	findings, err = stranger.look(context.Background())
	require.NoError(t, err)
	require.Len(t, findings, 1, "a new socket that is silent takes bytes as data")

	answering := plaintextSocket(t)
	g.sockets = (&socketList{list: []probe.Socket{answering}}).get
	g.policy.Probe.Timeout = 20 * time.Second
	w.probed[answering] = now.Add(-2 * time.Hour)
	findings, err = w.look(context.Background())
	require.NoError(t, err)
	require.Len(t, findings, 1, "an answer in clear counts, known or not")
	require.NoError(t, g.Shutdown(context.Background()))
}

// Whoever floods the ports takes every descriptor: the guard must not end the
// collector for it, and refuses a start all the same.
func TestNoDescriptorLeft(t *testing.T) {
	t.Parallel()
	exhausted := &socketList{err: &fs.PathError{Op: "open", Path: "/proc/self/fd", Err: syscall.EMFILE}}
	g, _, _ := started(t, nil, exhausted)
	require.ErrorContains(t, g.Ready(), "cannot look at the sockets")
	w := &watch{guard: g, started: true}
	findings, err := w.look(context.Background())
	require.NoError(t, err)
	assert.Empty(t, findings)
	require.NoError(t, g.Shutdown(context.Background()))
}

func TestOneBadLookIsForgiven(t *testing.T) {
	t.Parallel()
	g, host, _ := started(t, nil, &socketList{})
	w := &watch{guard: g, probed: map[probe.Socket]time.Time{}}
	finding := []rules.Finding{{ID: "TG080", Severity: rules.Error, Path: "sockets::x"}}
	require.NoError(t, w.judge(context.Background(), finding, nil))
	require.NoError(t, w.judge(context.Background(), nil, nil))
	assert.True(t, host.has(componentstatus.StatusOK))
	require.NoError(t, w.judge(context.Background(), finding, nil), "not in a row")
	require.Error(t, w.judge(context.Background(), finding, nil))
	require.NoError(t, g.Shutdown(context.Background()))
}

func TestKnownSocketsAreProbedOnceAnHour(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	socket := probe.Socket{Address: netip.MustParseAddrPort(listener.Addr().String()), Inode: 1}
	g, _, telemetry := started(t, func(p *rules.Policy) { p.Allow.LoopbackPlaintext = true }, &socketList{list: []probe.Socket{socket}})
	now := time.Now()
	g.now = func() time.Time { return now }
	w := &watch{guard: g, probed: map[probe.Socket]time.Time{}}
	look := func() {
		findings, err := w.look(context.Background())
		require.NoError(t, err)
		require.Empty(t, findings)
	}
	look()
	now = now.Add(59 * time.Minute)
	look()
	now = now.Add(time.Minute)
	look()
	metadatatest.AssertEqualTLSGuardProbeResults(t, telemetry, []metricdata.DataPoint[int64]{
		{Value: 2, Attributes: attribute.NewSet(attribute.String("result", "exempt"))},
	}, metricdatatest.IgnoreTimestamp())
	require.NoError(t, g.Shutdown(context.Background()))
}

func TestSnapshotFailsClosed(t *testing.T) {
	t.Parallel()
	g := newGuard(extension.Settings{TelemetrySettings: componenttest.NewNopTelemetrySettings()}, &Config{Policy: rules.DefaultPolicy()})
	require.NoError(t, g.Start(context.Background(), componenttest.NewNopHost()))
	require.ErrorContains(t, g.NotifyConfigSnapshot(context.Background(), extensioncapabilities.NewConfigSnapshot(nil, nil)), "no effective configuration")
	empty := confmap.NewFromStringMap(map[string]any{})
	require.ErrorContains(t, g.NotifyConfigSnapshot(context.Background(), extensioncapabilities.NewConfigSnapshot(empty, nil)), "factories")
	require.NoError(t, g.Shutdown(context.Background()))
}
