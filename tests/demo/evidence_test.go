package demo

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/archive"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/pki"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/planted"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/sender"
)

// sound is the evidence of a run in which everything went well.
func sound() Evidence {
	return Evidence{
		Welcome:   []Attempt{{Client: "friend"}},
		Plaintext: []Attempt{{Client: "plaintext", Refused: true}},
		Strangers: []Attempt{{Client: "stranger", Refused: true}},
		Refusals:  []Refusal{{Config: "plain", Path: "receivers::otlp", Code: 1, Named: true, Dials: 9}},
		Key:       "arn:aws:kms:archive",
		Objects: []archive.Object{
			{Key: "traces_1", Algorithm: "aws:kms", KMSKey: "arn:aws:kms:archive", Unpacked: 1000, Signal: sender.Traces, Items: 3},
			{Key: "_canary", Algorithm: "aws:kms", KMSKey: "arn:aws:kms:archive", Unpacked: 10},
		},
		Spool:    []SpoolScan{{When: "then", Bytes: 1000, Files: 2}},
		LogBytes: 100, MetricBytes: 100, Sent: 5,
		Kills: 1, OutageFrom: 1, AcknowledgedBeforeKill: 3, OutageItems: 4, OutageBytes: 2000,
		Acknowledged: map[sender.Signal]int{sender.Traces: 2, sender.Logs: 2, sender.Metrics: 1},
		Missing:      map[sender.Signal]int{},
		Generated:    5, GeneratedStored: 5,
	}
}

func TestEachProofCanFail(t *testing.T) {
	t.Parallel()
	require.True(t, Passed(sound().Proofs()))
	hit := []planted.Hit{{Kind: planted.Card, Form: "raw", Where: "somewhere"}}
	cases := map[string]struct {
		spoil func(*Evidence)
		fails string
	}{
		"plaintext client let in":       {func(e *Evidence) { e.Plaintext[0].Refused = false }, PlaintextRefused},
		"plaintext never tried":         {func(e *Evidence) { e.Plaintext = nil }, PlaintextRefused},
		"everyone refused":              {func(e *Evidence) { e.Welcome[0].Refused = true }, PlaintextRefused},
		"nobody welcome":                {func(e *Evidence) { e.Welcome = nil }, StrangersRefused},
		"plaintext span stored":         {func(e *Evidence) { e.PlaintextStored = 1 }, PlaintextRefused},
		"stranger's span stored":        {func(e *Evidence) { e.StrangersStored = 1 }, StrangersRefused},
		"stranger let in":               {func(e *Evidence) { e.Strangers[0].Refused = false }, StrangersRefused},
		"bad config started":            {func(e *Evidence) { e.Refusals[0].Code = 0 }, BadConfigRefused},
		"bad config not named":          {func(e *Evidence) { e.Refusals[0].Named = false }, BadConfigRefused},
		"port was open":                 {func(e *Evidence) { e.Refusals[0].Opened = 1 }, BadConfigRefused},
		"nobody looked at the port":     {func(e *Evidence) { e.Refusals[0].Dials = 0 }, BadConfigRefused},
		"no config offered":             {func(e *Evidence) { e.Refusals = nil }, BadConfigRefused},
		"object in clear":               {func(e *Evidence) { e.Objects[0].Algorithm, e.Objects[0].KMSKey = "", "" }, ObjectsUnderKey},
		"object under AES256":           {func(e *Evidence) { e.Objects[1].Algorithm = "AES256" }, ObjectsUnderKey},
		"object under another key":      {func(e *Evidence) { e.Objects[0].KMSKey = "arn:aws:kms:other" }, ObjectsUnderKey},
		"no objects":                    {func(e *Evidence) { e.Objects = nil }, ObjectsUnderKey},
		"value in an object":            {func(e *Evidence) { e.Objects[0].Hits = hit }, ObjectsClean},
		"only canaries":                 {func(e *Evidence) { e.Objects = e.Objects[1:] }, ObjectsClean},
		"never killed":                  {func(e *Evidence) { e.Kills = 0 }, SpoolUsed},
		"spool stayed small":            {func(e *Evidence) { e.Spool[0].Bytes = 400 }, SpoolUsed},
		"no outage":                     {func(e *Evidence) { e.OutageItems = 0 }, SpoolUsed},
		"killed with nothing to lose":   {func(e *Evidence) { e.AcknowledgedBeforeKill = 1 }, SpoolUsed},
		"value in the spool":            {func(e *Evidence) { e.Spool[0].Planted = hit }, SpoolClean},
		"spool never looked at":         {func(e *Evidence) { e.Spool = nil }, SpoolClean},
		"telemetry in the spool":        {func(e *Evidence) { e.Spool[0].Markers = hit }, SpoolSealed},
		"value in the log":              {func(e *Evidence) { e.LogHits = hit }, LogsClean},
		"no log":                        {func(e *Evidence) { e.LogBytes = 0 }, LogsClean},
		"value in the metrics":          {func(e *Evidence) { e.MetricHits = hit }, MetricsClean},
		"no metrics":                    {func(e *Evidence) { e.MetricBytes = 0 }, MetricsClean},
		"metrics of an idle collector":  {func(e *Evidence) { e.Sent = 0 }, MetricsClean},
		"item lost":                     {func(e *Evidence) { e.Missing[sender.Logs] = 1 }, NothingLost},
		"a signal was never sent":       {func(e *Evidence) { e.Acknowledged[sender.Metrics] = 0 }, NothingLost},
		"batch refused for good":        {func(e *Evidence) { e.RefusedBatches = []string{"logs: no"} }, NothingLost},
		"telemetrygen's items are lost": {func(e *Evidence) { e.GeneratedStored = 4 }, GeneratorComplete},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			evidence := sound()
			c.spoil(&evidence)
			assert.False(t, Passed(evidence.Proofs()))
			assert.Contains(t, failed(evidence.Proofs()), c.fails)
		})
	}
	assert.False(t, Passed(nil))
}

func failed(proofs []Proof) []string {
	var names []string
	for _, proof := range proofs {
		if !proof.Passed {
			names = append(names, proof.Name)
		}
	}
	return names
}

func TestTableShowsFailuresWithoutColor(t *testing.T) {
	t.Parallel()
	evidence := sound()
	for range 9 {
		evidence.Objects = append(evidence.Objects, archive.Object{Key: "bare"})
	}
	var out bytes.Buffer
	require.NoError(t, Table(&out, evidence.Proofs(), false))
	assert.Contains(t, out.String(), "FAILED")
	assert.Contains(t, out.String(), "2 of 11 objects")
	assert.Contains(t, out.String(), "… and 3 more")
	assert.NotContains(t, out.String(), "\x1b")
	out.Reset()
	require.NoError(t, Table(&out, sound().Proofs(), true))
	assert.Contains(t, out.String(), "\x1b[32m")
	assert.NotContains(t, out.String(), "FAILED")
}

// doors of an OTLP receiver with the given TLS configuration, nil for none.
func doors(t *testing.T, config *tls.Config) (grpcAddress, httpAddress string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var options []grpc.ServerOption
	if config != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
	}
	server := grpc.NewServer(options...)
	ptraceotlp.RegisterGRPCServer(server, &openDoor{})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	if config != nil {
		web.TLS = config.Clone()
		web.StartTLS()
	} else {
		web.Start()
	}
	t.Cleanup(func() {
		web.Close()
		server.Stop()
		assert.NoError(t, <-served)
	})
	return listener.Addr().String(), web.Listener.Addr().String()
}

type openDoor struct {
	ptraceotlp.UnimplementedGRPCServer
}

func (*openDoor) Export(context.Context, ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	return ptraceotlp.NewExportResponse(), nil
}

// TestKnockingNoticesOpenDoors: the attempts behind the refusal proofs succeed
// where they should not be refused.
func TestKnockingNoticesOpenDoors(t *testing.T) {
	t.Parallel()
	ca, err := pki.NewAuthority("ca")
	require.NoError(t, err)
	leaf, err := ca.Server([]string{"127.0.0.1"})
	require.NoError(t, err)
	client, err := ca.Client("client")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	plainGRPC, plainHTTP := doors(t, nil)
	for _, attempt := range tryBoth(ctx, "plain", plainGRPC, plainHTTP, nil, "id") {
		assert.False(t, attempt.Refused, "%s: %s", attempt.Client, attempt.Answer)
	}
	anyone := &tls.Config{Certificates: []tls.Certificate{leaf.TLS}, MinVersion: tls.VersionTLS12}
	anyGRPC, anyHTTP := doors(t, anyone)
	for _, attempt := range tryBoth(ctx, "no certificate", anyGRPC, anyHTTP, ca.ClientTLS(), "id") {
		assert.False(t, attempt.Refused, "%s: %s", attempt.Client, attempt.Answer)
	}
	for _, attempt := range tryBoth(ctx, "plain at a TLS port", anyGRPC, anyHTTP, nil, "id") {
		assert.True(t, attempt.Refused, attempt.Client)
	}
	mutual := anyone.Clone()
	mutual.ClientAuth, mutual.ClientCAs = tls.RequireAndVerifyClientCert, ca.Pool()
	mutualGRPC, mutualHTTP := doors(t, mutual)
	for _, attempt := range tryBoth(ctx, "no certificate", mutualGRPC, mutualHTTP, ca.ClientTLS(), "id") {
		assert.True(t, attempt.Refused, attempt.Client)
	}
	for _, attempt := range tryBoth(ctx, "friend", mutualGRPC, mutualHTTP, ca.ClientTLS(client), "id") {
		assert.False(t, attempt.Refused, "%s: %s", attempt.Client, attempt.Answer)
	}
}

func TestMetricSums(t *testing.T) {
	t.Parallel()
	page := []byte("# HELP a_x help\na_x{s=\"1\"} 2\na_x{s=\"2\"} 3.5\nb_x 7\n")
	assert.InDelta(t, 5.5, metric(page, "a_x"), 0)
}

func TestRunNameHasNoDigits(t *testing.T) {
	t.Parallel()
	for range 100 {
		name := runName()
		assert.Len(t, name, 10)
		assert.False(t, strings.ContainsAny(name, "0123456789"), name)
	}
}
