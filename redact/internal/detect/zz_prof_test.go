package detect

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"unsafe"
)

func cpu() int64 {
	var ts syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 3, uintptr(unsafe.Pointer(&ts)), 0)
	return ts.Nano()
}

func profLines() []string {
	r := rand.New(rand.NewPCG(1, 1))
	hex := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "0123456789abcdef"[r.IntN(16)]
		}
		return string(b)
	}
	dig := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "0123456789"[r.IntN(10)]
		}
		return string(b)
	}
	var out []string
	for range 200 {
		line := fmt.Sprintf("2026-11-20T10:%02d:%02d.%03dZ INFO [http-nio-8080-exec-%d] c.e.shop.OrderController - order %s accepted for customer segment %s, items=%d total=%d.%02d EUR, trace=%s path=/api/v1/orders/%s/items?expand=price&limit=50 took %d.%d ms",
			r.IntN(60), r.IntN(60), r.IntN(1000), r.IntN(99), dig(6), "retail", r.IntN(20), r.IntN(1000), r.IntN(100), hex(32), dig(6), r.IntN(200), r.IntN(10))
		if r.IntN(2) == 0 {
			line += " and the cache answered from the second tier because the first was being refilled at the time"
		}
		out = append(out, line)
	}
	return out
}

var kinds20 = []string{"payment_card", "email", "us_ssn", "aws_access_key", "iban", "phone", "jwt", "github_token", "gitlab_token", "slack_token", "stripe_key", "gcp_api_key", "private_key", "http_auth", "url_userinfo", "openai_key", "npm_token"}

func benchSet(b *testing.B, keep func(Detector) bool) {
	var list []Detector
	for _, d := range All() {
		if keep(d) {
			list = append(list, d)
		}
	}
	sc := NewScanner(list)
	var h Hits
	lines := profLines()
	n := 0
	for _, l := range lines {
		n += len(l)
	}
	b.SetBytes(int64(n))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	best := int64(1 << 62)
	for b.Loop() {
		t0 := cpu()
		for _, l := range lines {
			h.Reset("")
			sc.Scan(&h, l)
		}
		best = min(best, cpu()-t0)
	}
	b.ReportMetric(float64(best)/float64(len(lines)), "ns/line")
}
func BenchmarkProf(b *testing.B) {
	b.Run("none", func(b *testing.B) { benchSet(b, func(Detector) bool { return false }) })
	b.Run("twenty", func(b *testing.B) { benchSet(b, func(d Detector) bool { return slices.Contains(kinds20, d.Name) }) })
	b.Run("standard", func(b *testing.B) { benchSet(b, func(d Detector) bool { return d.Group != Network }) })
	for _, d := range All() {
		b.Run("one/"+d.Name, func(b *testing.B) { benchSet(b, func(x Detector) bool { return d.Name == x.Name }) })
	}
}
func BenchmarkParts(b *testing.B) {
	lines := profLines()
	sc := NewScanner(nil)
	var sink uint64
	part := func(name string, f func(s string, base int) uint64) {
		b.Run(name, func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			best := int64(1 << 62)
			for b.Loop() {
				t0 := cpu()
				for _, l := range lines {
					for base := 0; base < len(l); base += 64 {
						sink += f(l, base)
					}
				}
				best = min(best, cpu()-t0)
			}
			b.ReportMetric(float64(best)/float64(len(lines)), "ns/line")
		})
	}
	part("readBlock", func(s string, base int) uint64 { x := readBlock(s, base); return x.letters + x.digits + x.others })
	part("blockRuns", func(s string, base int) uint64 {
		x := readBlock(s, base)
		all := x.letters | x.digits
		return sc.blockRuns(s, base, &x, all&^(all<<1))
	})
}
