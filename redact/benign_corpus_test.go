package redact

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// benign makes text of one kind that holds nothing sensitive.
type benign struct {
	kind string
	make func(b *benignSource) embedded
}

// benignSource draws the parts of benign text.
type benignSource struct{ *rand.Rand }

func (b *benignSource) hex(n int) string      { return randomText(b.Rand, lowerHex, n) }
func (b *benignSource) n(lo, hi int) int      { return lo + b.IntN(hi-lo+1) }
func (b *benignSource) of(l ...string) string { return pick(b.Rand, l...) }

func (b *benignSource) uuid() string {
	h := b.hex(32)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-" + b.of("8", "9", "a", "b") + h[17:20] + "-" + h[20:]
}

func (b *benignSource) service() string {
	return b.of("checkout", "cart", "inventory", "shipping", "frontend", "recommendation", "ad", "currency", "payment", "email", "auth", "search", "catalog", "gateway")
}

func (b *benignSource) pod() string {
	const suffix = "bcdfghjklmnpqrstvwxz2456789"
	return b.service() + "-" + randomText(b.Rand, suffix, b.n(8, 10)) + "-" + randomText(b.Rand, suffix, 5)
}

func (b *benignSource) time() string {
	y, m, d, h, mi, s, ms := b.n(2019, 2027), b.n(1, 12), b.n(1, 28), b.n(0, 23), b.n(0, 59), b.n(0, 59), b.n(0, 999)
	switch b.IntN(12) {
	case 0:
		return fmt.Sprintf("%d-%02d-%02dT%02d:%02d:%02d.%03dZ", y, m, d, h, mi, s, ms)
	case 1:
		return fmt.Sprintf("%d-%02d-%02d %02d:%02d:%02d,%03d", y, m, d, h, mi, s, ms)
	case 2:
		return fmt.Sprintf("%02d/Nov/%d:%02d:%02d:%02d +0100", d, y, h, mi, s)
	case 3:
		return fmt.Sprintf("%d-%02d-%02dT%02d:%02d:%02d+05:30", y, m, d, h, mi, s)
	case 4:
		return fmt.Sprint(1_500_000_000 + b.IntN(300_000_000))
	case 5:
		return fmt.Sprint(1_500_000_000_000 + b.Int64N(300_000_000_000))
	case 6:
		return fmt.Sprint(1_500_000_000_000_000 + b.Int64N(300_000_000_000_000))
	case 7:
		return fmt.Sprint(1_500_000_000_000_000_000 + b.Int64N(300_000_000_000_000_000))
	case 8:
		return fmt.Sprintf("%d%02d%02d%02d%02d%02d", y, m, d, h, mi, s)
	case 9:
		return fmt.Sprintf("%d%02d%02dT%02d%02d%02dZ", y, m, d, h, mi, s)
	case 10:
		return fmt.Sprintf("%d%02d%02d-%02d%02d", y, m, d, h, mi)
	}
	return fmt.Sprintf("%d.%06d", 1_500_000_000+b.IntN(300_000_000), b.n(0, 999_999))
}

func (b *benignSource) version() string {
	return b.of("v", "", "") + fmt.Sprintf("%d.%d.%d", b.n(0, 30), b.n(0, 40), b.n(0, 400)) + b.of("", "", "-rc.1", "-SNAPSHOT", "+build.5114f85", "-alpha.12", fmt.Sprintf(".%d", b.n(300, 9999)))
}

func (b *benignSource) number() string {
	switch b.IntN(6) {
	case 0:
		return fmt.Sprint(b.IntN(100))
	case 1:
		return fmt.Sprint(b.IntN(100_000))
	case 2:
		return fmt.Sprintf("%.3f", b.Float64()*1000)
	case 3:
		return fmt.Sprint(b.Int64N(1_000_000_000))
	case 4:
		return fmt.Sprint(b.Float64())
	}
	return fmt.Sprintf("%d,%03d,%03d", b.n(1, 99), b.n(0, 999), b.n(0, 999))
}

// failingLuhn is a number of the length of a card that is none.
func (b *benignSource) failingLuhn() string {
	s := luhnDigit(b.of("4", "51", "37", "6011") + randomText(b.Rand, digits10, 12))
	last := s[len(s)-1]
	return s[:len(s)-1] + string(rune('0'+(last-'0'+byte(b.n(1, 9)))%10))
}

func (b *benignSource) path() string {
	return "/api/v" + fmt.Sprint(b.n(1, 3)) + "/" + b.of("orders", "products", "users", "carts", "items") + "/" + b.of(fmt.Sprint(b.n(1, 999_999)), b.uuid(), b.hex(24), "search", "latest") + b.of("", "/items", "?limit=50&offset=200", "?sort=desc&page=3", "?from=2024-01-01&to=2024-02-01")
}

func text(format string, args ...any) embedded { return embedded{"", fmt.Sprintf(format, args...)} }

// benigns lists what fills telemetry. Nothing here names a person, a secret, an
// address or a statement of SQL.
func benigns() []benign {
	return []benign{
		{"access log", func(b *benignSource) embedded {
			return text(`node-%d - - [%02d/Nov/2024:%02d:%02d:%02d +0000] "GET %s HTTP/1.1" %s %d %d "-" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.%d.%d Safari/537.36"`,
				b.n(1, 99), b.n(1, 30), b.n(0, 23), b.n(0, 59), b.n(0, 59), b.path(), b.of("200", "201", "204", "301", "404", "500"), b.n(0, 99999), b.n(100, 9999), b.n(90, 130), b.n(1000, 7000), b.n(10, 300))
		}},
		{"app log", func(b *benignSource) embedded {
			return text("%s INFO  [http-nio-8080-exec-%d] c.e.shop.%sController - order %d accepted, items=%d total=%s EUR, took %s ms", b.time(), b.n(1, 200), b.service(), b.n(10000, 99_999_999), b.n(1, 20), b.number(), b.number())
		}},
		{"logfmt", func(b *benignSource) embedded {
			return text("ts=%s level=%s caller=%s.go:%d msg=\"request done\" duration=%sms status=%d bytes=%d trace_id=%s span_id=%s", b.time(), b.of("info", "warn", "debug"), b.service(), b.n(10, 900), b.number(), b.n(200, 504), b.IntN(9_999_999), b.hex(32), b.hex(16))
		}},
		{"json log", func(b *benignSource) embedded {
			return text(`{"time":"%s","severity":"INFO","service":"%s","traceId":"%s","spanId":"%s","http":{"status":%d,"durationMs":%s},"msg":"handled %s","count":%d}`, b.time(), b.service(), b.hex(32), b.hex(16), b.n(200, 504), b.number(), b.path(), b.IntN(9_999_999))
		}},
		{"java trace", func(b *benignSource) embedded {
			return text("java.lang.IllegalStateException: cart %d not open\n\tat com.example.%s.CartService.open(CartService.java:%d)\n\tat com.example.%s.Api$$FastClassBySpringCGLIB$$%s.invoke(<generated>)\n\tat java.base/java.lang.Thread.run(Thread.java:%d)\nCaused by: java.net.SocketTimeoutException: Read timed out after %d ms\n\t... %d more",
				b.n(1, 999_999), b.service(), b.n(1, 900), b.service(), b.hex(8), b.n(500, 1600), b.n(100, 60000), b.n(1, 90))
		}},
		{"python trace", func(b *benignSource) embedded {
			return text("Traceback (most recent call last):\n  File \"/usr/lib/python3.11/site-packages/%s/core.py\", line %d, in run\n    raise TimeoutError(f\"after {n} tries\")\nTimeoutError: after %d tries", b.service(), b.n(1, 3000), b.n(1, 99))
		}},
		{"go trace", func(b *benignSource) embedded {
			return text("goroutine %d [running]:\nmain.(*server).handle(0xc000%s, {0x%s, 0x%x})\n\t/src/%s/main.go:%d +0x%x", b.n(1, 99999), b.hex(6), b.hex(6), b.n(1, 99), b.service(), b.n(1, 999), b.n(1, 9999))
		}},
		{"pod name", func(b *benignSource) embedded { return embedded{"k8s.pod.name", b.pod()} }},
		{"pod event", func(b *benignSource) embedded {
			return text("Successfully assigned %s/%s to gke-prod-pool-%d-%s-%s", b.of("default", "shop", "kube-system"), b.pod(), b.n(1, 9), b.hex(8), randomText(b.Rand, "bcdfghjklmnpqrstvwxz2456789", 4))
		}},
		{"uid", func(b *benignSource) embedded {
			return embedded{b.of("k8s.pod.uid", "request.uid", "id", "event_id", "order.uuid"), b.uuid()}
		}},
		{"uuid in text", func(b *benignSource) embedded {
			return text("%s %s %s", b.of("job", "batch", "request", "message"), b.uuid(), b.of("queued", "done", "failed after 3 attempts", "took 12ms"))
		}},
		{"image", func(b *benignSource) embedded {
			return text("Pulling image registry.example.com/%s/%s:%s@sha256:%s", b.service(), b.service(), b.version(), b.hex(64))
		}},
		{"container", func(b *benignSource) embedded { return embedded{"container.id", b.hex(64)} }},
		{"commit", func(b *benignSource) embedded {
			return text("checked out %s at %s (%s)", b.service(), b.hex(40), b.hex(7))
		}},
		{"commit url", func(b *benignSource) embedded {
			return text("see https://github.com/example/%s/commit/%s for the change", b.service(), b.hex(40))
		}},
		{"hashes", func(b *benignSource) embedded {
			return text("md5=%s sha1=%s etag=\"%s\" crc=%s", b.hex(32), b.hex(40), b.hex(32), b.hex(8))
		}},
		{"integrity", func(b *benignSource) embedded {
			raw, _ := hex.DecodeString(b.hex(128))
			return text("integrity sha512-%s", base64.StdEncoding.EncodeToString(raw))
		}},
		{"traceparent", func(b *benignSource) embedded {
			return embedded{b.of("traceparent", "http.request.header.traceparent", ""), "00-" + b.hex(32) + "-" + b.hex(16) + "-01"}
		}},
		{"trace id decimal", func(b *benignSource) embedded { return text("dd.trace_id=%d dd.span_id=%d", b.Uint64(), b.Uint64()) }},
		{"semver", func(b *benignSource) embedded {
			return text("upgraded %s from %s to %s", b.service(), b.version(), b.version())
		}},
		{"packages", func(b *benignSource) embedded {
			return text("added react@18.%d.%d, @types/node@20.%d.%d, lodash@4.17.%d; com.fasterxml.jackson.core:jackson-databind:2.%d.%d", b.n(0, 3), b.n(0, 9), b.n(0, 20), b.n(0, 9), b.n(0, 21), b.n(9, 17), b.n(0, 9))
		}},
		{"at-paths", func(b *benignSource) embedded {
			return text("%s", b.of("cloned git@github.com:example/shop.git", "GET /assets/logo@2x.png 304", "systemd[1]: Started getty@tty1.service.", "user@.service loaded", "import '@scope/pkg/dist/index.js'", "handler@"+b.hex(8)+" registered", "java.lang.Object@"+b.hex(7)))
		}},
		{"timestamps", func(b *benignSource) embedded {
			return text("from %s until %s, next run %s", b.time(), b.time(), b.time())
		}},
		{"epoch attribute", func(b *benignSource) embedded {
			return embedded{b.of("event.time", "created_at", "start_time_unix_nano", "last_seen", "phone_verified_at", "expires"), b.time()}
		}},
		{"counters", func(b *benignSource) embedded {
			return text("heap used %s of %s kB, gc %d ms, threads %d/%d, fds %d %d %d", b.number(), b.number(), b.n(1, 900), b.n(1, 900), b.n(1, 900), b.n(1, 99), b.n(1, 2000), b.n(1, 20000))
		}},
		{"table", func(b *benignSource) embedded {
			return text("%d %d %d %d %d %d", b.n(100, 999), b.n(10, 99), b.n(1000, 9999), b.n(100, 999), b.n(100, 9999), b.n(0, 99999))
		}},
		{"order number", func(b *benignSource) embedded {
			return text("order %s shipped, invoice INV-2024-%06d, ticket SHOP-%d, sku %s-%04d", b.failingLuhn(), b.n(0, 999_999), b.n(1, 99999), randomText(b.Rand, upperAZ, 3), b.n(0, 9999))
		}},
		{"order attribute", func(b *benignSource) embedded {
			return embedded{b.of("order.id", "app.order_id", "invoice.number", "product.id"), b.failingLuhn()}
		}},
		{"ids", func(b *benignSource) embedded {
			return text("user %d placed order %d in shard %d, row %d, tenant %d", b.n(1, 999_999_999), b.n(1, 999_999_999), b.n(1, 99), b.n(100_000_000, 999_999_999), b.n(1_000_000_000, 9_999_999_999))
		}},
		{"snowflake", func(b *benignSource) embedded {
			return embedded{b.of("message.id", "event.id", "tweet"), fmt.Sprint(700_000_000_000_000_000 + b.Int64N(600_000_000_000_000_000))}
		}},
		{"object id", func(b *benignSource) embedded {
			return text("document %s updated, ulid 01%s", b.hex(24), randomText(b.Rand, "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24))
		}},
		{"image data", func(b *benignSource) embedded {
			raw := make([]byte, 3*b.n(60, 200))
			for i := range raw {
				raw[i] = byte(b.IntN(256))
			}
			return text("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA%s", base64.StdEncoding.EncodeToString(raw))
		}},
		{"pointers", func(b *benignSource) embedded {
			return text("segfault at 0x%s ip 00007f%s sp 00007ff%s error 4 in libc-2.31.so[7f%s+178000]", b.hex(12), b.hex(10), b.hex(9), b.hex(10))
		}},
		{"arn", func(b *benignSource) embedded {
			return text("assumed arn:aws:iam::%012d:role/%s-runner, queue https://sqs.eu-west-1.amazonaws.com/%012d/%s", b.Int64N(1_000_000_000_000), b.service(), b.Int64N(1_000_000_000_000), b.service())
		}},
		{"kafka", func(b *benignSource) embedded {
			return text("partition %s-%d offset %d lag %d leader epoch %d", b.service(), b.n(0, 64), b.Int64N(99_999_999_999), b.n(0, 99999), b.n(0, 99))
		}},
		{"geo", func(b *benignSource) embedded {
			return text("lat=%.6f lon=%.6f alt=%.1f", b.Float64()*180-90, b.Float64()*360-180, b.Float64()*900)
		}},
		{"money", func(b *benignSource) embedded {
			return text("total %d.%02d EUR, vat %d.%02d, budget $%d,%03d.00 (%d%%)", b.n(1, 9999), b.n(0, 99), b.n(1, 999), b.n(0, 99), b.n(1, 999), b.n(0, 999), b.n(0, 100))
		}},
		{"isbn", func(b *benignSource) embedded {
			return text("isbn 978-%d-%02d-%06d-%d, ean %d", b.n(0, 9), b.n(0, 99), b.n(0, 999_999), b.n(0, 9), b.n(4_000_000_000_000, 4_999_999_999_999))
		}},
		{"zip", func(b *benignSource) embedded {
			return text("warehouse %05d-%04d, dock %d, bay %d-%d-%d", b.n(10000, 99999), b.n(0, 9999), b.n(1, 99), b.n(1, 9), b.n(1, 99), b.n(1, 999))
		}},
		{"tracking", func(b *benignSource) embedded {
			return text("parcel 1Z%s in hub %s%d", randomText(b.Rand, upperAlnum, 16), randomText(b.Rand, upperAZ, 2), b.n(100, 99999))
		}},
		{"versions", func(b *benignSource) embedded {
			return text("Linux %d.%d.%d-%d-generic #%d-Ubuntu SMP, kernel build 10.0.%d.%d", b.n(4, 6), b.n(0, 19), b.n(0, 200), b.n(10, 150), b.n(10, 150), b.n(10000, 22631), b.n(300, 4000))
		}},
		{"colours", func(b *benignSource) embedded {
			return text("theme #%s border #%s at %dpx %dpx %dpx", b.hex(6), b.hex(3), b.n(0, 99), b.n(0, 999), b.n(0, 999))
		}},
		{"prose", func(b *benignSource) embedded {
			return text("%s", b.of("Please select 2 options from the list on page 17", "update 12 packages, set aside 3 for later", "insert coin 5 into slot 2", "delete from cart 3 items", "call 4 workers with 12 jobs each",
				"created with 12 replicas from template 9", "the token bucket was refilled with 250 tokens", "password policy changed: minimum length 12", "secret rotation finished in 35 s", "authorization took 12 ms for 3 scopes",
				"replace the filter in 90 days", "merge request 482 into main", "phone app version 7.12.1 released", "mobile clients 48213 online", "cell 4821 overloaded, load 92%", "card reader 12 offline", "account count 48213", "execute job 17 on node 4"))
		}},
		{"metric line", func(b *benignSource) embedded {
			return text(`http_requests_total{method="GET",code="%d",handler="%s",le="0.%03d"} %d %d`, b.n(200, 504), b.path(), b.n(1, 999), b.Int64N(9_999_999_999), 1_500_000_000_000+b.Int64N(300_000_000_000))
		}},
		{"gc log", func(b *benignSource) embedded {
			return text("[%d.%03ds][info][gc] GC(%d) Pause Young (Normal) (G1 Evacuation Pause) %dM->%dM(%dM) %d.%03dms", b.n(1, 99999), b.n(0, 999), b.n(1, 9999), b.n(100, 9999), b.n(100, 9999), b.n(1000, 9999), b.n(1, 99), b.n(0, 999))
		}},
		{"user agent", func(b *benignSource) embedded {
			return embedded{"user_agent.original", b.of("okhttp/4.12.0", "curl/8.4.0", "Go-http-client/1.1", fmt.Sprintf("Mozilla/5.0 (iPhone; CPU iPhone OS 17_%d like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.%d Mobile/15E148 Safari/604.1", b.n(0, 6), b.n(0, 6)), "python-requests/2.31.0", "kube-probe/1.29", "ELB-HealthChecker/2.0")}
		}},
		{"url", func(b *benignSource) embedded {
			return embedded{"url.full", "https://" + b.service() + ".example.com:" + fmt.Sprint(b.n(1024, 65535)) + b.path()}
		}},
		{"span name", func(b *benignSource) embedded {
			return embedded{"", b.of("GET", "POST", "PUT") + " " + b.of("/api/{id}/items", "/v1/orders/:id", "/healthz", "/users/{userId}/cards")}
		}},
		{"attributes", func(b *benignSource) embedded {
			return []embedded{
				{"thread.id", fmt.Sprint(b.n(1, 99999))},
				{"process.pid", fmt.Sprint(b.n(1, 4_194_304))},
				{"http.response.body.size", fmt.Sprint(b.n(0, 99_999_999))},
				{"messaging.kafka.offset", fmt.Sprint(b.Int64N(99_999_999_999))},
				{"code.lineno", fmt.Sprint(b.n(1, 9999))},
				{"host.id", b.hex(32)},
				{"service.instance.id", b.uuid()},
				{"cloud.account.id", fmt.Sprintf("%012d", b.Int64N(1_000_000_000_000))},
				{"faas.version", b.version()},
				{"http.route", "/api/v1/orders/{id}"},
				{"gen_ai.usage.input_tokens", fmt.Sprint(b.n(1, 99999))},
				{"db.response.returned_rows", fmt.Sprint(b.n(0, 99999))},
				{"device.model.identifier", "iPhone15," + fmt.Sprint(b.n(1, 5))},
				{"aws.ecs.task.arn", fmt.Sprintf("arn:aws:ecs:us-east-1:%012d:task/prod/%s", b.Int64N(1_000_000_000_000), b.hex(32))},
				{"os.version", b.version()},
				{"telemetry.sdk.version", b.version()},
			}[b.IntN(16)]
		}},
		{"hexdump", func(b *benignSource) embedded {
			return text("%08x  %s %s %s %s %s %s %s %s  |........|", b.n(0, 999999), b.hex(2), b.hex(2), b.hex(2), b.hex(2), b.hex(2), b.hex(2), b.hex(2), b.hex(2))
		}},
		{"fingerprint", func(b *benignSource) embedded {
			return text("cert serial %s sha256 %s", b.hex(16), strings.ToUpper(b.hex(64)))
		}},
		{"ranges", func(b *benignSource) embedded {
			return text("bytes %d-%d/%d, range %d-%d, ports %d-%d", b.n(0, 999), b.n(1000, 99999), b.n(100000, 9999999), b.n(1, 9), b.n(10, 99), b.n(1024, 9999), b.n(10000, 65535))
		}},
		{"cron", func(b *benignSource) embedded {
			return text("cron '%d %d * * %d' next in %dh%dm%ds, run %d of %d", b.n(0, 59), b.n(0, 23), b.n(0, 6), b.n(0, 23), b.n(0, 59), b.n(0, 59), b.n(1, 99), b.n(100, 999))
		}},
		{"mixed ids", func(b *benignSource) embedded {
			return text("lot %s%d, batch %s-%d, req %s, bin %s", randomText(b.Rand, upperAZ, 2), b.n(100000, 9999999), randomText(b.Rand, upperAZ, 4), b.n(1000, 99999999), randomText(b.Rand, upperAlnum, 12), randomText(b.Rand, alnum, 21))
		}},
		{"long digits", func(b *benignSource) embedded {
			return text("cursor %s%s seq %s", fmt.Sprint(b.n(1, 9)), randomText(b.Rand, digits10, 30), randomText(b.Rand, digits10, b.n(20, 40)))
		}},
	}
}

// changedShare runs the benign corpus and returns the share that was changed.
func changedShare(t *testing.T, e *Engine, each int) float64 {
	t.Helper()
	b := &benignSource{rand.New(rand.NewPCG(42, 20261120))}
	total, changed := 0, 0
	hits := map[string][]string{}
	for _, kind := range benigns() {
		for range each {
			v := kind.make(b)
			total++
			o, tally := rewrite(e, SpanAttributes, v.key, v.text)
			if o.Kind == Keep {
				continue
			}
			changed++
			by := "key"
			if len(tally.Redactions) > 0 && tally.Redactions[0].Detector >= 0 {
				by = e.Detectors()[tally.Redactions[0].Detector]
			}
			hits[kind.kind+" by "+by] = append(hits[kind.kind+" by "+by], fmt.Sprintf("%s: %q -> %q", v.key, v.text, o.Text))
		}
	}
	for _, name := range sortedKeys(hits) {
		t.Logf("%s: %d, such as %s", name, len(hits[name]), hits[name][0])
	}
	t.Logf("%d of %d changed", changed, total)
	return float64(changed) / float64(total)
}

func TestBenignTextStays(t *testing.T) {
	t.Parallel()
	const each = 120
	for _, tc := range []struct {
		name   string
		engine *Engine
	}{
		{"standard", testEngine(t, nil)},
		{"all", detectEngine(t, "all")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			assert.Less(t, changedShare(t, tc.engine, each), 0.005)
		})
	}
}
