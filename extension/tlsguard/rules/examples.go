package rules

import "embed"

// examples holds ID.bad.yaml and ID.good.yaml of every rule that a
// configuration alone can show.
//
//go:embed examples/*.yaml
var examples embed.FS

func withExamples(list []Rule) []Rule {
	for i := range list {
		// A rule that only a running process shows has no files; the tests of
		// this package hold the list of those.
		if bad, err := examples.ReadFile("examples/" + list[i].ID + ".bad.yaml"); err == nil {
			list[i].Bad = string(bad)
		}
		if good, err := examples.ReadFile("examples/" + list[i].ID + ".good.yaml"); err == nil {
			list[i].Good = string(good)
		}
	}
	return list
}
