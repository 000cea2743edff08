package ssekmsexporter

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

// results are the last results by check name.
func (r *rig) results() map[string]string {
	r.engine.posture.mu.Lock()
	defer r.engine.posture.mu.Unlock()
	all := make(map[string]string)
	for name, f := range r.engine.posture.last {
		all[name] = f.result.String()
	}
	return all
}

// bucket answers the requests of the posture checks; a field that is empty is
// refused with 403.
type bucket struct {
	head, encryption, versioning, lock, public, get string
	region                                          string
}

func (b bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := ""
	q := r.URL.Query()
	switch {
	case r.Method == http.MethodHead:
		answer = b.head
		if b.region != "" {
			w.Header().Set("X-Amz-Bucket-Region", b.region)
		}
	case q.Has("encryption"):
		answer = b.encryption
	case q.Has("versioning"):
		answer = b.versioning
	case q.Has("object-lock"):
		answer = b.lock
	case q.Has("publicAccessBlock"):
		answer = b.public
	case r.Method == http.MethodGet:
		answer = b.get
	}
	switch {
	case answer == "":
		s3stub.Fail(w, http.StatusForbidden, "AccessDenied")
	case strings.HasPrefix(answer, "404 "):
		s3stub.Fail(w, http.StatusNotFound, strings.TrimPrefix(answer, "404 "))
	case strings.HasPrefix(answer, "403 "):
		s3stub.Fail(w, http.StatusForbidden, strings.TrimPrefix(answer, "403 "))
	case strings.HasPrefix(answer, "500"):
		s3stub.Fail(w, http.StatusInternalServerError, "InternalError")
	default:
		_, _ = io.WriteString(w, answer)
	}
}

const (
	encryptionRule = `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>ALG</SSEAlgorithm><KMSMasterKeyID>KEY</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`
	publicBlock    = `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>LAST</RestrictPublicBuckets></PublicAccessBlockConfiguration>`
	lockOn         = `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>`
	versioningDoc  = `<VersioningConfiguration><Status>STATUS</Status></VersioningConfiguration>`
)

func ruleOf(algorithm, key string) string {
	return strings.NewReplacer("ALG", algorithm, "KEY", key).Replace(encryptionRule)
}

func TestPostureResults(t *testing.T) {
	t.Parallel()
	good := bucket{
		head: "ok", region: "us-east-1", encryption: ruleOf("aws:kms", testKey),
		versioning: strings.Replace(versioningDoc, "STATUS", "Enabled", 1),
		lock:       lockOn, public: strings.Replace(publicBlock, "LAST", "true", 1),
	}
	cases := map[string]struct {
		change func(*bucket)
		check  string
		want   result
	}{
		"all is well":             {func(*bucket) {}, "", resultOK},
		"put-only identity":       {func(b *bucket) { *b = bucket{} }, checkNameBucket, resultInconclusive},
		"bucket missing":          {func(b *bucket) { b.head = "404 " }, checkNameBucket, resultFail},
		"bucket in other region":  {func(b *bucket) { b.region = "eu-west-1" }, checkNameBucket, resultFail},
		"default AES256":          {func(b *bucket) { b.encryption = ruleOf("AES256", "") }, checkNameBucketEncryption, resultFail},
		"default other key":       {func(b *bucket) { b.encryption = ruleOf("aws:kms", otherKey) }, checkNameBucketEncryption, resultFail},
		"default aws managed key": {func(b *bucket) { b.encryption = ruleOf("aws:kms", "") }, checkNameBucketEncryption, resultFail},
		"default by key id":       {func(b *bucket) { b.encryption = ruleOf("aws:kms", "11111111-2222-3333-4444-555555555555") }, checkNameBucketEncryption, resultInconclusive},
		"default by alias":        {func(b *bucket) { b.encryption = ruleOf("aws:kms", "alias/archive") }, checkNameBucketEncryption, resultFail},
		"default by half an id":   {func(b *bucket) { b.encryption = ruleOf("aws:kms", "555555555555") }, checkNameBucketEncryption, resultFail},
		"no default":              {func(b *bucket) { b.encryption = "404 ServerSideEncryptionConfigurationNotFoundError" }, checkNameBucketEncryption, resultInconclusive},
		"default not readable":    {func(b *bucket) { b.encryption = "" }, checkNameBucketEncryption, resultInconclusive},
		"archive readable":        {func(b *bucket) { b.get = "the canary" }, checkNameDecryptGet, resultFail},
		"get fails":               {func(b *bucket) { b.get = "500" }, checkNameDecryptGet, resultInconclusive},
		"canary in cold storage":  {func(b *bucket) { b.get = "403 InvalidObjectState" }, checkNameDecryptGet, resultInconclusive},
		"get with a bad identity": {func(b *bucket) { b.get = "403 InvalidAccessKeyId" }, checkNameDecryptGet, resultInconclusive},
		"canary gone":             {func(b *bucket) { b.get = "404 NoSuchKey" }, checkNameDecryptGet, resultInconclusive},
		"versioning suspended":    {func(b *bucket) { b.versioning = strings.Replace(versioningDoc, "STATUS", "Suspended", 1) }, checkNameVersioning, resultFail},
		"versioning never on":     {func(b *bucket) { b.versioning = `<VersioningConfiguration/>` }, checkNameVersioning, resultFail},
		"versioning unreadable":   {func(b *bucket) { b.versioning = "" }, checkNameVersioning, resultInconclusive},
		"no object lock":          {func(b *bucket) { b.lock = "404 ObjectLockConfigurationNotFoundError" }, checkNameObjectLock, resultFail},
		"lock unreadable":         {func(b *bucket) { b.lock = "" }, checkNameObjectLock, resultInconclusive},
		"no public access block":  {func(b *bucket) { b.public = "404 NoSuchPublicAccessBlockConfiguration" }, checkNamePublicAccess, resultFail},
		"half a public block":     {func(b *bucket) { b.public = strings.Replace(publicBlock, "LAST", "false", 1) }, checkNamePublicAccess, resultFail},
		"public block unreadable": {func(b *bucket) { b.public = "" }, checkNamePublicAccess, resultInconclusive},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := good
			c.change(&b)
			stub := s3stub.New(t)
			stub.Other(b.ServeHTTP)
			cfg := stubConfig(stub)
			cfg.Posture.Versioning, cfg.Posture.ObjectLock, cfg.Posture.PublicAccessBlock = true, true, true
			r := newRig(t, cfg)
			err := r.traces.Start(t.Context(), r.host)
			defer func() {
				r.stopped = true
				require.NoError(t, r.traces.Shutdown(t.Context()))
			}()
			got := r.results()
			if c.want == resultFail {
				require.ErrorContains(t, err, "s3_sse_kms: posture check "+c.check+" failed: exporters::s3_sse_kms::"+settingOf[c.check]+": ")
				require.NotEmpty(t, settingOf[c.check])
				assert.True(t, r.open(), "telemetry may flow although a check failed")
			} else {
				require.NoError(t, err)
				assert.False(t, r.open())
			}
			if c.check != "" {
				assert.Equal(t, c.want.String(), got[c.check])
			}
			assert.Equal(t, "ok", got[checkNameCanary])
			assert.Equal(t, "ok", got[checkNameTLS])
			for check, res := range got {
				if c.check == "" {
					assert.Equal(t, "ok", res, check)
				}
				assert.Equal(t, res, r.gauge(t, check), "metric of %s", check)
			}
		})
	}
}

// gauge reads a check's result from the metric.
func (r *rig) gauge(t testing.TB, check string) string {
	t.Helper()
	m, err := r.tel.GetMetric("otelcol_s3_sse_kms_posture_check")
	require.NoError(t, err)
	for _, p := range m.Data.(metricdata.Gauge[int64]).DataPoints {
		if v, _ := p.Attributes.Value("check"); v.AsString() == check {
			return result(p.Value).String()
		}
	}
	return "missing"
}

func TestPostureModes(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		mode, inconclusive string
		bucket             bucket
		refused            bool
	}{
		"enforce refuses a failed check":     {modeEnforce, modeWarn, bucket{get: "readable"}, true},
		"warn starts with a failed check":    {modeWarn, modeWarn, bucket{get: "readable"}, false},
		"an inconclusive check only warns":   {modeEnforce, modeWarn, bucket{}, false},
		"unless inconclusive is fail":        {modeEnforce, modeFail, bucket{}, true},
		"which needs enforce to have effect": {modeWarn, modeFail, bucket{}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stub := s3stub.New(t)
			stub.Other(c.bucket.ServeHTTP)
			cfg := stubConfig(stub)
			cfg.Posture.Mode, cfg.Posture.Inconclusive = c.mode, c.inconclusive
			r := newRig(t, cfg)
			err := r.traces.Start(t.Context(), r.host)
			r.stopped = true
			require.NoError(t, r.traces.Shutdown(t.Context()))
			if c.refused {
				require.Error(t, err)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

// Under warn a lying store does not refuse the start, and still gets nothing.
func TestWarnNeverWritesWithoutACanary(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.AES256 })
	cfg := stubConfig(stub)
	cfg.Posture.Mode = modeWarn
	r := startRig(t, cfg)
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(1, "a")))
	before := len(stub.Puts())
	eventually(t, "canaries are tried", func() bool { return len(stub.Puts()) >= before+3 })
	assert.Empty(t, stub.Telemetry())
}

// A store that cannot be reached at start: the process starts, holds, and
// writes once it answers.
func TestUnreachableStoreHoldsAndRecovers(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	target := strings.TrimPrefix(stub.URL, "https://")
	gate := newGate(t, target)
	cfg := stubConfig(stub)
	cfg.Endpoint = "https://" + gate.address
	r := startRig(t, cfg)
	assert.True(t, r.open())
	assert.Equal(t, "inconclusive", r.results()[checkNameCanary])
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(3, "a")))
	assert.Contains(t, r.host.seen(), componentstatus.StatusRecoverableError)
	assert.Empty(t, stub.Puts())
	gate.up.Store(true)
	eventually(t, "all is stored", func() bool { return storedSpans(t, stub)["a"] == 3 })
	assert.Equal(t, "ok", r.results()[checkNameCanary])
}

// A store in trouble of its own is no reason to refuse the start, whatever it
// names as the cause. A store without KMS is.
func TestStoreInTroubleDoesNotRefuseTheStart(t *testing.T) {
	t.Parallel()
	for code, status := range map[string]int{
		"KMS.KMSInternalException": http.StatusInternalServerError, "KMS.KeyUnavailableException": http.StatusInternalServerError,
		"XMinioStorageFull": http.StatusInsufficientStorage, "NotImplemented": http.StatusNotImplemented,
	} {
		stub := s3stub.New(t)
		stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.Fails(status, code) })
		r := newRig(t, stubConfig(stub))
		err := r.traces.Start(t.Context(), r.host)
		assert.Equal(t, status == http.StatusNotImplemented, err != nil, code)
		assert.True(t, r.open(), code)
		r.stopped = true
		require.NoError(t, r.traces.Shutdown(t.Context()))
	}
}

// A start that could not ask is no way around a failed check: under enforce the
// checks run before the first telemetry.
func TestLateCheckHoldsUnderEnforce(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	var readable atomic.Bool
	readable.Store(true)
	stub.Other(func(w http.ResponseWriter, r *http.Request) {
		b := bucket{}
		if readable.Load() {
			b.get = "readable"
		}
		b.ServeHTTP(w, r)
	})
	var up atomic.Bool
	stub.Script(func(*s3stub.Put) s3stub.Answer {
		if !up.Load() {
			return s3stub.Fails(http.StatusInternalServerError, "InternalError")
		}
		return nil
	})
	r := startRig(t, stubConfig(stub))
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(3, "a")))
	up.Store(true)
	eventually(t, "the check fails", func() bool { return r.results()[checkNameDecryptGet] == "fail" })
	assert.True(t, r.open())
	assert.Empty(t, stub.Telemetry())
	readable.Store(false)
	eventually(t, "all is stored", func() bool { return storedSpans(t, stub)["a"] == 3 })
}

// The checks run again each recheck_interval; a canary that fails then holds.
func TestRecheckFindsALaterFault(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	cfg := stubConfig(stub)
	cfg.Posture.RecheckInterval = time.Second
	r := startRig(t, cfg)
	require.False(t, r.open())
	stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.With(keyHeader, otherKey) })
	eventually(t, "the breaker opens", r.open)
	assert.Empty(t, stub.Telemetry())
	stub.Script(nil)
	eventually(t, "the breaker closes", func() bool { return !r.open() })
}

// A shutdown in the middle of a recheck is no finding.
func TestShutdownDuringARecheck(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	var started atomic.Bool
	asked := make(chan struct{}, 100)
	stub.Other(func(w http.ResponseWriter, r *http.Request) {
		if started.Load() {
			asked <- struct{}{}
			<-r.Context().Done() // hangs
			return
		}
		bucket{head: "ok"}.ServeHTTP(w, r)
	})
	cfg := stubConfig(stub)
	cfg.Posture.RecheckInterval = time.Second
	cfg.Posture.Mode = modeWarn
	r := startRig(t, cfg)
	before := r.results()
	started.Store(true)
	<-asked
	r.stop(t)
	assert.Equal(t, before, r.results())
}

func TestNegativeCanaries(t *testing.T) {
	t.Parallel()
	strict := func(p *s3stub.Put) s3stub.Answer {
		if p.Header.Get(sseHeader) != "aws:kms" {
			return s3stub.Fails(http.StatusForbidden, "AccessDenied")
		}
		return nil
	}
	onlyAlgorithm := func(p *s3stub.Put) s3stub.Answer {
		if p.Header.Get(sseHeader) == "" {
			return s3stub.Fails(http.StatusForbidden, "AccessDenied")
		}
		return nil
	}
	cases := map[string]struct {
		script     s3stub.Script
		plain, aes string
	}{
		"policy in place": {strict, "ok", "ok"},
		"no policy":       {nil, "fail", "fail"},
		"half a policy":   {onlyAlgorithm, "ok", "fail"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stub := s3stub.New(t)
			stub.Script(c.script)
			cfg := stubConfig(stub)
			cfg.Posture.Mode = modeWarn
			cfg.Posture.NegativeCanaries = true
			r := startRig(t, cfg)
			assert.Equal(t, c.plain, r.results()[checkNameNegativePlain])
			assert.Equal(t, c.aes, r.results()[checkNameNegativeAES])
			for _, p := range stub.Puts()[1:] {
				assert.Contains(t, p.Key, "traces/_canary/negative/")
			}
			assert.NotEmpty(t, stub.Puts()[0].Header.Get(sseHeader), "a negative canary came before a passing one")
		})
	}
}

// Negative canaries are not sent unless asked for.
func TestNegativeCanariesAreOptIn(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	startRig(t, stubConfig(stub))
	for _, p := range stub.Puts() {
		assert.Equal(t, "aws:kms", p.Header.Get(sseHeader))
	}
}

// gate is a TCP forwarder that can be down: it then closes what it accepts.
type gate struct {
	address string
	up      atomic.Bool
}

func newGate(t *testing.T, target string) *gate {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	g := &gate{address: listener.Addr().String()}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if !g.up.Load() {
				_ = conn.Close()
				continue
			}
			back, err := net.Dial("tcp", target)
			if err != nil {
				_ = conn.Close()
				continue
			}
			pipe := func(a, b net.Conn) {
				_, _ = io.Copy(a, b)
				_ = a.Close()
			}
			go pipe(conn, back)
			go pipe(back, conn)
		}
	}()
	return g
}
