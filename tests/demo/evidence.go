package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/archive"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/planted"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/sender"
)

// Evidence is what a run saw. Nothing in it is a judgement: Proofs judges.
type Evidence struct {
	Elapsed  time.Duration
	Sabotage Sabotage

	Welcome   []Attempt
	Plaintext []Attempt
	Strangers []Attempt
	// Items of clients that should not get in, found in the store.
	PlaintextStored, StrangersStored int
	Refusals                         []Refusal

	Key     string
	Objects []archive.Object

	PlantedValues, Needles  int
	Spool                   []SpoolScan
	LogBytes, MetricBytes   int
	LogHits, MetricHits     []planted.Hit
	Sent                    float64 // accepted items, as its own metrics count them over all scrapes
	Kills                   int
	AcknowledgedBeforeKill  int
	OutageFrom, OutageItems int
	OutageBytes             int64
	outageBytesFrom         int64

	Acknowledged   map[sender.Signal]int
	Missing        map[sender.Signal]int
	Duplicates     int
	RefusedBatches []string

	Generated, GeneratedStored int
}

// Proof is one line of the table.
type Proof struct {
	// Name is stable: tests and scripts refer to it.
	Name string
	// Claim in words.
	Claim  string
	Passed bool
	// Number behind the verdict.
	Number string
	// Details say what is wrong, without repeating a secret.
	Details []string
}

// Names of the proofs.
const (
	PlaintextRefused  = "plaintext-refused"
	StrangersRefused  = "strangers-refused"
	BadConfigRefused  = "plaintext-config-refused"
	ObjectsUnderKey   = "objects-under-key"
	ObjectsClean      = "objects-clean"
	SpoolUsed         = "spool-used"
	SpoolClean        = "spool-clean"
	SpoolSealed       = "spool-sealed"
	LogsClean         = "logs-clean"
	MetricsClean      = "metrics-clean"
	NothingLost       = "nothing-lost"
	GeneratorComplete = "telemetrygen-complete"
)

// Proofs judges the evidence. Each proof also fails when there was nothing to
// look at: an empty bucket is not a clean one.
func (e Evidence) Proofs() []Proof {
	proofs := []Proof{
		e.plaintextRefused(),
		e.strangersRefused(),
		e.badConfigRefused(),
		e.objectsUnderKey(),
		e.objectsClean(),
		e.spoolUsed(),
		e.spoolClean(),
		e.spoolSealed(),
		clean(LogsClean, "no planted value in the collector's logs", e.LogHits, int64(e.LogBytes), "of logs"),
		e.metricsClean(),
		e.nothingLost(),
	}
	if e.Generated > 0 {
		proofs = append(proofs, e.generatorComplete())
	}
	return proofs
}

// Passed is true if every proof is.
func Passed(proofs []Proof) bool {
	for _, proof := range proofs {
		if !proof.Passed {
			return false
		}
	}
	return len(proofs) > 0
}

func refused(attempts []Attempt) (count int, details []string) {
	for _, attempt := range attempts {
		if attempt.Refused {
			count++
		} else {
			details = append(details, attempt.Client+" was let in")
		}
	}
	return count, details
}

// doorWorks is the counter-proof for refusals.
func (e Evidence) doorWorks() (bool, []string) {
	var details []string
	for _, attempt := range e.Welcome {
		if attempt.Refused {
			details = append(details, "a client with a certificate was refused too: "+attempt.Answer)
		}
	}
	return len(e.Welcome) > 0 && len(details) == 0, details
}

func (e Evidence) plaintextRefused() Proof {
	count, details := refused(e.Plaintext)
	works, problems := e.doorWorks()
	return Proof{
		Name: PlaintextRefused, Claim: "a plaintext client is refused",
		Passed:  works && len(e.Plaintext) > 0 && count == len(e.Plaintext) && e.PlaintextStored == 0,
		Number:  fmt.Sprintf("%d of %d attempts on gRPC and HTTP; %d of its items stored", count, len(e.Plaintext), e.PlaintextStored),
		Details: append(details, problems...),
	}
}

func (e Evidence) strangersRefused() Proof {
	count, details := refused(e.Strangers)
	works, problems := e.doorWorks()
	return Proof{
		Name: StrangersRefused, Claim: "a client without a valid certificate is refused",
		Passed:  works && len(e.Strangers) > 0 && count == len(e.Strangers) && e.StrangersStored == 0,
		Number:  fmt.Sprintf("%d of %d attempts: none, another authority's, expired; %d stored", count, len(e.Strangers), e.StrangersStored),
		Details: append(details, problems...),
	}
}

func (e Evidence) badConfigRefused() Proof {
	good, dials, opened := 0, 0, 0
	var details []string
	for _, refusal := range e.Refusals {
		dials, opened = dials+refusal.Dials, opened+refusal.Opened
		if refusal.OK() {
			good++
			continue
		}
		details = append(details, fmt.Sprintf("%s: exit %d, port opened %d times, message names tls_guard and %s: %t",
			refusal.Config, refusal.Code, refusal.Opened, refusal.Path, refusal.Named))
	}
	return Proof{
		Name: BadConfigRefused, Claim: "a configuration with a plaintext receiver does not start",
		Passed:  len(e.Refusals) > 0 && good == len(e.Refusals),
		Number:  fmt.Sprintf("%d of %d exit 1; port open in %d of %d looks", good, len(e.Refusals), opened, dials),
		Details: details,
	}
}

func (e Evidence) objectsUnderKey() Proof {
	good := 0
	var details []string
	for _, object := range e.Objects {
		if object.Algorithm == "aws:kms" && object.KMSKey == e.Key && e.Key != "" {
			good++
		} else {
			details = append(details, fmt.Sprintf("%s: algorithm %q, key %q", object.Key, object.Algorithm, object.KMSKey))
		}
	}
	return Proof{
		Name: ObjectsUnderKey, Claim: "every object is stored under SSE-KMS with the key",
		Passed:  len(e.Objects) > 0 && good == len(e.Objects),
		Number:  fmt.Sprintf("%d of %d objects under %s", good, len(e.Objects), e.Key),
		Details: details,
	}
}

func (e Evidence) objectsClean() Proof {
	var hits []planted.Hit
	var unpacked int64
	items := 0
	for _, object := range e.Objects {
		hits = append(hits, object.Hits...)
		unpacked += object.Unpacked
		items += object.Items
	}
	proof := clean(ObjectsClean, "no planted value in any object", hits, unpacked, fmt.Sprintf("of telemetry, %d items", items))
	proof.Passed = proof.Passed && items > 0
	return proof
}

// fullest look during the outage: afterwards the files are still there, but
// most of what they hold has been delivered.
func (e Evidence) fullest() SpoolScan {
	var fullest SpoolScan
	for _, scan := range e.Spool {
		if scan.When != scanAtEnd && scan.Bytes > fullest.Bytes {
			fullest = scan
		}
	}
	return fullest
}

// spoolUsed guards the proofs about the spool against an empty one: what was
// acknowledged during the outage has to lie there. Redaction may shrink it, so
// a quarter of the bytes is asked for.
func (e Evidence) spoolUsed() Proof {
	full := e.fullest()
	return Proof{
		Name: SpoolUsed, Claim: "the spool was really used, over a SIGKILL",
		Passed: e.Kills > 0 && e.OutageItems > 0 && e.AcknowledgedBeforeKill > e.OutageFrom && full.Bytes >= e.OutageBytes/4 && e.OutageBytes > 0,
		Number: fmt.Sprintf("%d items (%s) acknowledged while the store was away, %d kill", e.OutageItems, size(e.OutageBytes), e.Kills),
	}
}

func (e Evidence) spoolClean() Proof {
	var hits []planted.Hit
	for _, scan := range e.Spool {
		hits = append(hits, scan.Planted...)
	}
	full := e.fullest()
	return clean(SpoolClean, "no planted value in the spool's bytes and file names", hits, full.Bytes, fmt.Sprintf("in %d files at its largest", full.Files))
}

func (e Evidence) spoolSealed() Proof {
	var hits []planted.Hit
	for _, scan := range e.Spool {
		hits = append(hits, scan.Markers...)
	}
	return clean(SpoolSealed, "nor any other telemetry in clear", hits, e.fullest().Bytes, fmt.Sprintf("at its largest, looked through %d times", len(e.Spool)))
}

// metricsClean asks for metrics that count what went through: a page of a
// process that has not seen any telemetry holds no secrets either.
func (e Evidence) metricsClean() Proof {
	proof := clean(MetricsClean, "no planted value in its own metrics", e.MetricHits, int64(e.MetricBytes), "of metrics")
	proof.Passed = proof.Passed && e.Sent > 0
	return proof
}

func (e Evidence) nothingLost() Proof {
	proof := Proof{Name: NothingLost, Claim: "every acknowledged item is stored at least once", Passed: true}
	total, missing := 0, 0
	var parts []string
	for _, signal := range sender.Signals {
		total += e.Acknowledged[signal]
		missing += e.Missing[signal]
		parts = append(parts, fmt.Sprintf("%d %s", e.Acknowledged[signal], signal))
		if e.Acknowledged[signal] == 0 {
			proof.Passed = false
			proof.Details = append(proof.Details, fmt.Sprintf("no %s were acknowledged at all", signal))
		}
		if e.Missing[signal] > 0 {
			proof.Details = append(proof.Details, fmt.Sprintf("%d %s are missing", e.Missing[signal], signal))
		}
	}
	for _, reason := range e.RefusedBatches {
		proof.Details = append(proof.Details, "a batch was refused for good: "+reason)
	}
	proof.Passed = proof.Passed && total > 0 && missing == 0 && len(e.RefusedBatches) == 0
	proof.Number = fmt.Sprintf("%d of %d items (%s), %d stored twice", total-missing, total, strings.Join(parts, ", "), e.Duplicates)
	return proof
}

func (e Evidence) generatorComplete() Proof {
	return Proof{
		Name: GeneratorComplete, Claim: "telemetrygen's items are stored too",
		Passed: e.GeneratedStored >= e.Generated,
		Number: fmt.Sprintf("%d stored of %d sent", e.GeneratedStored, e.Generated),
	}
}

// clean is the form of every "nothing was found" proof.
func clean(name, claim string, hits []planted.Hit, looked int64, what string) Proof {
	proof := Proof{
		Name: name, Claim: claim, Passed: len(hits) == 0 && looked > 0,
		Number: fmt.Sprintf("%d found in %s %s", len(hits), size(looked), what),
	}
	kinds := map[planted.Kind]bool{}
	for _, hit := range hits {
		if !kinds[hit.Kind] {
			kinds[hit.Kind] = true
			proof.Details = append(proof.Details, hit.String())
		}
	}
	return proof
}

func size(bytes int64) string {
	switch {
	case bytes >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	case bytes >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(bytes)/(1<<10))
	default:
		return fmt.Sprintf("%d B", bytes)
	}
}
