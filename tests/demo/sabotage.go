package demo

import (
	"fmt"
	"os"
	"path/filepath"
)

// overlays are configuration files that break what the sabotage asks for. None
// without sabotage: the example then runs exactly as it stands in the
// repository.
func (s *stage) overlays() ([]string, error) {
	var files []string
	add := func(name, content string) error {
		path := filepath.Join(s.dir, "sabotage-"+name+".yaml")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return fmt.Errorf("write overlay: %w", err)
		}
		files = append(files, path)
		return nil
	}
	if s.options.Sabotage.NoRedaction {
		if err := add("redaction", `
service:
  pipelines:
    traces: {processors: [memory_limiter]}
    logs: {processors: [memory_limiter]}
    metrics: {processors: [memory_limiter]}
`); err != nil {
			return nil, err
		}
	}
	if s.options.Sabotage.PlainSpool {
		if err := add("spool", `
extensions:
  tls_guard: {storage: warn}
  file_storage: {directory: "${env:QUICKSTART_SPOOL}", create_directory: true}
exporters:
  s3_sse_kms: {sending_queue: {storage: file_storage}}
service:
  extensions: [tls_guard, file_storage]
`); err != nil {
			return nil, err
		}
	}
	if s.options.Sabotage.NoClientAuth {
		if err := add("client-auth", `
extensions:
  tls_guard: {receivers: {client_auth: optional}}
receivers:
  otlp:
    protocols:
      grpc: {tls: {client_ca_file: ""}}
      http: {tls: {client_ca_file: ""}}
`); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// SabotageByName is the sabotage that the demo's flag names; empty is none.
func SabotageByName(name string) (Sabotage, error) {
	switch name {
	case "":
		return Sabotage{}, nil
	case "redaction":
		return Sabotage{NoRedaction: true}, nil
	case "spool":
		return Sabotage{PlainSpool: true}, nil
	case "client-auth":
		return Sabotage{NoClientAuth: true}, nil
	case "guard":
		return Sabotage{NoGuard: true}, nil
	case "object":
		return Sabotage{PlainObject: true}, nil
	case "ledger":
		return Sabotage{LostItem: true}, nil
	default:
		return Sabotage{}, fmt.Errorf("-sabotage: %q is unknown; use redaction, spool, client-auth, guard, object or ledger", name)
	}
}
