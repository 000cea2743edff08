// Package traffic makes batches of telemetry for tests and benchmarks of
// redaction: what a web shop's services would send, with a given share of
// values that hold something sensitive. The same seed makes the same batch.
package traffic

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Source makes batches.
type Source struct {
	r *rand.Rand
	// share is the share of values that hold a hit, in percent.
	share int
}

// New makes a source of batches in which share percent of the text values of
// attributes and bodies hold something sensitive.
func New(seed uint64, share int) *Source {
	return &Source{r: rand.New(rand.NewPCG(seed, seed)), share: share}
}

func (s *Source) digits(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('0' + s.r.IntN(10)))
	}
	return b.String()
}

func (s *Source) hex(n int) string {
	const alphabet = "0123456789abcdef"
	var b strings.Builder
	for range n {
		b.WriteByte(alphabet[s.r.IntN(16)])
	}
	return b.String()
}

func (s *Source) alnum(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var b strings.Builder
	for range n {
		b.WriteByte(alphabet[s.r.IntN(len(alphabet))])
	}
	return b.String()
}

func (s *Source) pick(list ...string) string { return list[s.r.IntN(len(list))] }

// card makes a number with a valid check digit.
func (s *Source) card(prefix string, length int) string {
	body := prefix + s.digits(length-len(prefix)-1)
	for check := byte('0'); check <= '9'; check++ {
		if luhn(body + string(check)) {
			return body + string(check)
		}
	}
	return body
}

func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// Secret makes a sensitive value of one of the kinds that both processors are
// configured for, with the kind's name.
func (s *Source) Secret() (kind, value string) {
	switch s.r.IntN(12) {
	case 0:
		return "visa", s.card("4", 16)
	case 1:
		return "mastercard", s.card("5"+s.pick("1", "2", "3", "4", "5"), 16)
	case 2:
		return "amex", s.card(s.pick("34", "37"), 15)
	case 3:
		return "email", s.pick("anna", "bob.smith", "c.lopez") + "@" + s.pick("example.com", "mail.example.org")
	case 4:
		return "us_ssn", fmt.Sprintf("%03d-%02d-%04d", 100+s.r.IntN(500), 1+s.r.IntN(98), 1+s.r.IntN(9998))
	case 5:
		return "aws_access_key_id", "AKIA" + strings.ToUpper(strings.Map(func(r rune) rune {
			if r == '0' || r == '1' || r == '8' || r == '9' {
				return 'Q'
			}
			return r
		}, s.alnum(16)))
	case 6:
		return "github_token", "ghp_" + s.alnum(36)
	case 7:
		return "jwt", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIx" + s.alnum(10) + "In0." + s.alnum(43)
	case 8:
		return "stripe", "sk_live_" + s.alnum(24)
	case 9:
		return "bearer", "Bearer " + s.alnum(32)
	case 10:
		return "url_password", "postgres://app:" + s.alnum(12) + "@db.internal:5432/shop"
	default:
		return "google_key", "AIza" + s.alnum(35)
	}
}

func (s *Source) maybe(clean string) string {
	if s.r.IntN(100) >= s.share {
		return clean
	}
	_, v := s.Secret()
	return s.pick("", "user ", "value=", "sent to ") + v + s.pick("", " ok", ", retrying")
}

// spanAttributes puts 15 attributes of which 11 are text.
func (s *Source) spanAttributes(m pcommon.Map) {
	m.PutStr("http.request.method", s.maybe(s.pick("GET", "POST", "PUT")))
	m.PutStr("url.full", s.maybe("https://shop.example.com/api/v1/orders/"+s.digits(6)+"/items?expand=price&limit=50"))
	m.PutStr("http.route", s.maybe("/api/v1/orders/{id}/items"))
	m.PutInt("http.response.status_code", int64(200+s.r.IntN(300)))
	m.PutStr("user_agent.original", s.maybe("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"))
	m.PutStr("server.address", s.maybe("orders-"+s.hex(4)+".shop.svc.cluster.local"))
	m.PutInt("server.port", 8443)
	m.PutStr("network.protocol.version", s.maybe("1.1"))
	m.PutStr("db.system.name", s.maybe("postgresql"))
	m.PutStr("db.operation.name", s.maybe("SELECT"))
	m.PutStr("thread.name", s.maybe("http-nio-8080-exec-"+s.digits(2)))
	m.PutInt("thread.id", int64(s.r.IntN(500)))
	m.PutStr("app.order.state", s.maybe(s.pick("created", "paid", "shipped")))
	m.PutStr("app.request.id", s.maybe(s.uuid()))
	m.PutDouble("app.order.total", float64(s.r.IntN(100000))/100)
}

func (s *Source) uuid() string {
	return s.hex(8) + "-" + s.hex(4) + "-4" + s.hex(3) + "-a" + s.hex(3) + "-" + s.hex(12)
}

func resource(m pcommon.Map) {
	m.PutStr("service.name", "orders")
	m.PutStr("service.version", "2.14.1")
	m.PutStr("deployment.environment.name", "production")
	m.PutStr("host.name", "node-17.example.internal")
}

// Traces makes a batch of n spans.
func (s *Source) Traces(n int) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	resource(rs.Resource().Attributes())
	spans := rs.ScopeSpans().AppendEmpty().Spans()
	for range n {
		sp := spans.AppendEmpty()
		sp.SetName("GET /api/v1/orders/{id}/items")
		s.spanAttributes(sp.Attributes())
	}
	return td
}

// Line makes a log line of 200 to 400 bytes.
func (s *Source) Line() string {
	line := fmt.Sprintf("2026-11-20T10:%02d:%02d.%03dZ INFO [http-nio-8080-exec-%d] c.e.shop.OrderController - order %s accepted for customer segment %s, items=%d total=%d.%02d EUR, trace=%s path=/api/v1/orders/%s/items?expand=price&limit=50 took %d.%d ms",
		s.r.IntN(60), s.r.IntN(60), s.r.IntN(1000), s.r.IntN(99), s.digits(6), s.pick("retail", "business"), s.r.IntN(20), s.r.IntN(1000), s.r.IntN(100), s.hex(32), s.digits(6), s.r.IntN(200), s.r.IntN(10))
	if s.r.IntN(100) < s.share {
		_, v := s.Secret()
		line += " note: " + v + " seen"
	}
	if s.r.IntN(2) == 0 {
		line += " and the cache answered from the second tier because the first was being refilled at the time"
	}
	return line
}

// Logs makes a batch of n records.
func (s *Source) Logs(n int) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	resource(rl.Resource().Attributes())
	records := rl.ScopeLogs().AppendEmpty().LogRecords()
	for range n {
		r := records.AppendEmpty()
		r.SetSeverityText("INFO")
		r.Body().SetStr(s.Line())
		r.Attributes().PutStr("log.logger", "c.e.shop.OrderController")
		r.Attributes().PutStr("thread.name", "http-nio-8080-exec-7")
		r.Attributes().PutStr("app.request.id", s.maybe(s.uuid()))
	}
	return ld
}

// Metrics makes a batch of n points with six attributes each.
func (s *Source) Metrics(n int) pmetric.Metrics {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	resource(rm.Resource().Attributes())
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("http.server.requests")
	m.SetUnit("{request}")
	points := m.SetEmptySum().DataPoints()
	for range n {
		p := points.AppendEmpty()
		p.SetIntValue(int64(s.r.IntN(1000)))
		a := p.Attributes()
		a.PutStr("http.request.method", s.maybe(s.pick("GET", "POST")))
		a.PutStr("http.route", s.maybe("/api/v1/orders/{id}/items"))
		a.PutInt("http.response.status_code", 200)
		a.PutStr("server.address", s.maybe("orders-"+s.hex(4)+".shop.svc.cluster.local"))
		a.PutStr("network.protocol.version", s.maybe("1.1"))
		a.PutStr("app.tier", s.maybe("gold"))
	}
	return md
}
