// Package quickstart prepares a folder in which the collector can run with
// examples/quickstart/config.yaml exactly as it stands: certificates, a spool
// key, free ports and the environment that the file asks for.
package quickstart

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/pki"
)

// Store is where the collector writes to.
type Store struct {
	Endpoint string
	Bucket   string
	CAFile   string
	Key      string
	Identity aws.Credentials
}

// Nowhere is a store that nobody listens at: enough for a collector that has to
// refuse its configuration, or to hold its data.
func Nowhere(caFile string) Store {
	return Store{
		Endpoint: "https://127.0.0.1:1", Bucket: "traces", CAFile: caFile, Key: minio.KeyARN,
		Identity: aws.Credentials{AccessKeyID: "none", SecretAccessKey: "none"},
	}
}

// Site is one prepared folder.
type Site struct {
	Dir    string
	Config string // the example in the repository
	Spool  string
	Key    string // spool key file
	TLS    string // folder of ca, server and client certificates

	GRPC, HTTP, Metrics string // addresses

	Authority *pki.Authority
	Client    pki.Leaf
}

// New prepares dir, which must exist and be empty.
func New(dir string) (*Site, error) {
	s := &Site{
		Dir: dir, Spool: filepath.Join(dir, "spool"), Key: filepath.Join(dir, "spool.key"), TLS: filepath.Join(dir, "tls"),
	}
	var err error
	if s.Config, err = example(); err != nil {
		return nil, err
	}
	if err := s.makePKI(); err != nil {
		return nil, err
	}
	if err := collector.WriteKey(s.Key); err != nil {
		return nil, err
	}
	addresses, err := collector.FreeAddresses(3)
	if err != nil {
		return nil, err
	}
	s.GRPC, s.HTTP, s.Metrics = addresses[0], addresses[1], addresses[2]
	return s, nil
}

func (s *Site) makePKI() error {
	if err := os.Mkdir(s.TLS, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	var err error
	if s.Authority, err = pki.NewAuthority("throw-away telemetry authority"); err != nil {
		return err
	}
	if _, err := s.Authority.Write(s.TLS, "ca.crt"); err != nil {
		return err
	}
	server, err := s.Authority.Server([]string{"127.0.0.1", "localhost"})
	if err != nil {
		return err
	}
	if _, _, err := server.Write(s.TLS, "server"); err != nil {
		return err
	}
	if s.Client, err = s.Authority.Client("sender"); err != nil {
		return err
	}
	_, _, err = s.Client.Write(s.TLS, "client")
	return err
}

// Env is the collector's whole environment.
func (s *Site) Env(store Store) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + s.Dir,
		"TMPDIR=" + s.Dir,
		"AWS_ACCESS_KEY_ID=" + store.Identity.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + store.Identity.SecretAccessKey,
		"AWS_SESSION_TOKEN=" + store.Identity.SessionToken,
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_REGION=" + minio.Region,
		"QUICKSTART_TLS=" + s.TLS,
		"QUICKSTART_GRPC=" + s.GRPC,
		"QUICKSTART_HTTP=" + s.HTTP,
		"QUICKSTART_METRICS_PORT=" + strconv.Itoa(collector.Port(s.Metrics)),
		"QUICKSTART_SPOOL=" + s.Spool,
		"QUICKSTART_SPOOL_KEY=" + s.Key,
		"QUICKSTART_BUCKET=" + store.Bucket,
		"QUICKSTART_S3_ENDPOINT=" + store.Endpoint,
		"QUICKSTART_S3_CA=" + store.CAFile,
		"QUICKSTART_KMS_KEY=" + store.Key,
	}
}

// Options to run the collector here; overlays are given after the example.
func (s *Site) Options(store Store, overlays ...string) collector.Options {
	return collector.Options{
		Configs: append([]string{s.Config}, overlays...),
		Env:     s.Env(store),
		Log:     filepath.Join(s.Dir, "collector.log"),
		Listens: []string{s.GRPC, s.HTTP},
		Metrics: s.Metrics,
	}
}

// example finds the configuration from the working directory upwards, or from
// the collector's folder upwards.
func example() (string, error) {
	var starts []string
	if dir, err := os.Getwd(); err == nil {
		starts = append(starts, dir)
	}
	if binary, err := collector.Find(); err == nil {
		starts = append(starts, filepath.Dir(binary))
	}
	for _, dir := range starts {
		for ; ; dir = filepath.Dir(dir) {
			path := filepath.Join(dir, "examples", "quickstart", "config.yaml")
			if _, err := os.Stat(path); err == nil {
				return path, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return "", errors.New("examples/quickstart/config.yaml not found: run this inside the repository")
}
