package rules

import (
	"slices"
	"strconv"
	"time"
)

// Never is the expiry of an exemption without an end.
const Never = "never"

// nearEnd is how long before its end an exemption warns.
const nearEnd = 30 * 24 * time.Hour

// ends returns the first instant at which the exemption no longer holds: the
// end of its last day, UTC.
func (e Exemption) ends() (time.Time, error) {
	day, err := time.Parse(time.DateOnly, e.Expires)
	if err != nil {
		return time.Time{}, err
	}
	return day.AddDate(0, 0, 1), nil
}

func (e Exemption) holds(now time.Time) bool {
	if e.Expires == Never {
		return true
	}
	end, err := e.ends()
	return err == nil && now.Before(end)
}

func (e Exemption) matches(f Finding) bool {
	return slices.Contains(e.Rules, f.ID) && covers(e.Path, f.Path)
}

// applyExemptions takes exempted findings out and adds TG090.
func applyExemptions(findings []Finding, policy Policy, input Input) Report {
	now := input.Environment.now()
	var report Report
	for _, f := range findings {
		i := slices.IndexFunc(policy.Exemptions, func(e Exemption) bool { return e.holds(now) && e.matches(f) })
		if i < 0 {
			report.Findings = append(report.Findings, f)
			continue
		}
		e := policy.Exemptions[i]
		report.Exempted = append(report.Exempted, ExemptedFinding{Finding: f, Reason: e.Reason, Expires: e.Expires})
	}
	for i, e := range policy.Exemptions {
		path := Path("extensions", "tls_guard", "exemptions", strconv.Itoa(i))
		if e.Expires == Never {
			report.Findings = append(report.Findings, Finding{"TG090", Warn, path, "the exemption of " + e.Path + " never ends", "give it an end"})
			continue
		}
		end, err := e.ends()
		switch {
		case err != nil || !now.Before(end):
			report.Findings = append(report.Findings, Finding{"TG090", Error, path, "the exemption of " + e.Path + " ended on " + e.Expires, "close the leak, or renew the exemption with a new end"})
		case now.Add(nearEnd).After(end):
			report.Findings = append(report.Findings, Finding{"TG090", Warn, path, "the exemption of " + e.Path + " ends on " + e.Expires, "close the leak before that day: the next start after it is refused"})
		}
	}
	return report
}
