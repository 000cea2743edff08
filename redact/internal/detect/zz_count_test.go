package detect

import (
	"fmt"
	"slices"
	"testing"
)

func TestCountCalls(t *testing.T) {
	for _, set := range []string{"twenty", "standard"} {
		cnt := 0
		calls := map[string]int{}
		var list []Detector
		for _, d := range All() {
			if set == "twenty" && !slices.Contains(kinds20, d.Name) || d.Group == Network {
				continue
			}
			f := d.Find
			name := d.Name
			d.Find = func(h *Hits, s string, at int) {
				k := "word"
				if IsDigit(s[at]) {
					k = "digit"
				} else if !IsAlnum(s[at]) {
					k = s[at : at+1]
				}
				calls[name+" "+k]++
				if set == "standard" && cnt < 60 {
					cnt++
					fmt.Printf("%s %q\n", name, s[max(0, at-6):min(len(s), at+14)])
				}
				f(h, s, at)
			}
			list = append(list, d)
		}
		sc := NewScanner(list)
		var h Hits
		lines := profLines()
		for _, l := range lines {
			h.Reset("")
			sc.Scan(&h, l)
		}
		fmt.Println(set)
		type kv struct {
			k string
			n int
		}
		var l []kv
		for k, n := range calls {
			l = append(l, kv{k, n})
		}
		slices.SortFunc(l, func(a, b kv) int { return b.n - a.n })
		for _, x := range l {
			fmt.Printf("%-30s %.2f\n", x.k, float64(x.n)/float64(len(lines)))
		}
	}
}
