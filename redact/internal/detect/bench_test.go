package detect

import "testing"

// BenchmarkScanFamilies shows what each group costs on a clean log line, side
// by side with an empty scanner.
func BenchmarkScanFamilies(b *testing.B) {
	clean := `2024-11-20T10:15:30.123Z INFO  [http-nio-8080-exec-7] c.e.shop.OrderController - order 81723 accepted for customer segment retail, items=3 total=129.95 EUR, trace=4bf92f3577b34da6a3ce929d0e0e4736 span=00f067aa0ba902b7 path=/api/v1/orders/81723/items?expand=price&limit=50 agent="Mozilla/5.0 (X11; Linux x86_64)" took 12.7 ms`
	sets := map[string]func(Detector) bool{
		"none":     func(Detector) bool { return false },
		"standard": func(d Detector) bool { return d.Group != Network },
		"all":      func(Detector) bool { return true },
	}
	for _, g := range Groups() {
		sets[string(g)] = func(d Detector) bool { return d.Group == g }
	}
	for _, name := range []string{"none", "payment", "secrets", "personal", "national_ids", "crypto_wallets", "sql", "network", "standard", "all"} {
		b.Run(name, func(b *testing.B) {
			var list []Detector
			for _, d := range All() {
				if sets[name](d) {
					list = append(list, d)
				}
			}
			sc := NewScanner(list)
			var h Hits
			b.SetBytes(int64(len(clean)))
			b.ReportAllocs()
			for b.Loop() {
				h.Reset("")
				sc.Scan(&h, clean)
			}
		})
	}
}
