package rules

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

const (
	// maxPEM bounds a certificate or key file: a CA bundle of a whole
	// operating system is about 250 KiB.
	maxPEM = 4 << 20
	// shortLived is the lifetime below which a certificate will be renewed
	// while the process runs.
	shortLived = 7 * 24 * time.Hour
)

// Expiry is the end of one certificate that the configuration names.
type Expiry struct {
	// Path of the setting that names the file.
	Path string
	// NotAfter is the earliest end in the file.
	NotAfter time.Time
}

// tlsUse is one TLS section that a running component reads.
type tlsUse struct {
	path     string
	settings map[string]any
	server   bool
}

// tlsUses lists the TLS sections of everything that runs.
func (ctx *verdict) tlsUses() []tlsUse {
	var out []tlsUse
	seen := make(map[string]bool)
	add := func(path string, settings map[string]any, server bool) {
		if settings != nil && !seen[path] {
			seen[path] = true
			out = append(out, tlsUse{path, settings, server})
		}
	}
	for _, kind := range []Kind{Receiver, Processor, Exporter, Connector, Extension} {
		for _, c := range ctx.graph.components[kind] {
			for _, l := range listenersOf(c) {
				add(Path(l.path, "tls"), l.tls, true)
			}
			for _, d := range dialersOf(c) {
				add(Path(d.path, "tls"), d.tls, false)
			}
			if c.kind == Receiver && c.typ == "prometheus" {
				for _, job := range scrapeJobs(c) {
					for _, use := range promTLSUses(job.path, job.body, 0) {
						add(use.path, use.settings, false)
					}
				}
			}
		}
	}
	return out
}

// Expiries reads the end of every certificate that the configuration names;
// files that cannot be read are left out, since TG011 reports those.
func Expiries(input Input) []Expiry {
	ctx := &verdict{input: input, graph: newGraph(input.Config, input.Classifier)}
	if input.Environment.Files == nil {
		return nil
	}
	var out []Expiry
	for _, use := range ctx.tlsUses() {
		for _, key := range []string{"cert_file", "ca_file", "client_ca_file"} {
			file := stringAt(use.settings, key)
			if file == "" {
				continue
			}
			chain, err := ctx.chain(input.Environment.Files, file)
			if err != nil || len(chain) == 0 {
				continue
			}
			earliest := chain[0].NotAfter
			for _, cert := range chain[1:] {
				if cert.NotAfter.Before(earliest) {
					earliest = cert.NotAfter
				}
			}
			out = append(out, Expiry{Path: Path(use.path, key), NotAfter: earliest})
		}
	}
	return out
}

// checkCertificates holds TG011 to TG014.
func checkCertificates(ctx *verdict) {
	files := ctx.input.Environment.Files
	if files == nil {
		return
	}
	for _, use := range ctx.tlsUses() {
		ctx.checkLeaf(files, use)
		for _, key := range []string{"ca_file", "client_ca_file"} {
			if file := stringAt(use.settings, key); file != "" {
				ctx.checkCA(files, Path(use.path, key), file, key == "client_ca_file")
			}
		}
	}
}

func (ctx *verdict) unusable(path, message, remedy string) {
	ctx.add("TG011", Error, path, message, remedy)
}

// checkLeaf judges what the component shows of itself.
func (ctx *verdict) checkLeaf(files Files, use tlsUse) {
	certFile, keyFile := stringAt(use.settings, "cert_file"), stringAt(use.settings, "key_file")
	if keyFile != "" {
		ctx.checkKeyAccess(files, Path(use.path, "key_file"), keyFile)
	}
	if certFile == "" {
		return
	}
	at := Path(use.path, "cert_file")
	chain, err := ctx.chain(files, certFile)
	if err != nil {
		ctx.unusable(at, err.Error(), "give a readable PEM file with the certificate first and its intermediates after it")
		return
	}
	for _, f := range flaws(chain, use.server, ctx.input.Environment.now(), ctx.policy.Certificates.ExpiryWarning) {
		ctx.add(f.id, f.severity, at, f.message, f.remedy)
	}
	if leaf := chain[0]; use.server && leaf.NotAfter.Sub(leaf.NotBefore) <= shortLived && reloadOff(use.settings) {
		ctx.add("TG013", Warn, Path(use.path, "reload_interval"), "a short-lived certificate is never read again", "set reload_interval, for example 1h")
	}
	if keyFile == "" || boolAt(mapAt(use.settings, "tpm"), "enabled") {
		return
	}
	ctx.checkPair(files, use, certFile, keyFile)
}

func (ctx *verdict) checkPair(files Files, use tlsUse, certFile, keyFile string) {
	pair := [2]string{certFile, keyFile}
	problem, known := ctx.pairs[pair]
	if !known {
		problem = pairProblem(files, certFile, keyFile)
		if ctx.pairs == nil {
			ctx.pairs = make(map[[2]string][2]string)
		}
		ctx.pairs[pair] = problem
	}
	if problem[0] != "" {
		ctx.unusable(Path(use.path, "key_file"), problem[0], problem[1])
	}
}

// pairProblem returns what is wrong with a key and its remedy; empty when it
// belongs to the certificate.
func pairProblem(files Files, certFile, keyFile string) [2]string {
	key, err := files.ReadFile(keyFile, maxPEM)
	if err != nil {
		return [2]string{readError(keyFile, err), "let the collector's user read it, and nobody else"}
	}
	cert, err := files.ReadFile(certFile, maxPEM)
	if err != nil {
		return [2]string{readError(certFile, err), "let the collector's user read it"}
	}
	if _, err := tls.X509KeyPair(cert, key); err != nil {
		// The parser's error may quote the key's content: keep it to ourselves.
		return [2]string{keyFile + " is no private key of the certificate in " + certFile, "give the key that the certificate was made for"}
	}
	return [2]string{}
}

func reloadOff(settings map[string]any) bool {
	switch stringAt(settings, "reload_interval") {
	case "", "0", "0s":
		return true
	}
	return false
}

// checkCA judges a file of trusted authorities. A client may pin a server's
// self-signed certificate; what lets clients in must be an authority.
func (ctx *verdict) checkCA(files Files, at, file string, strict bool) {
	authorities, err := ctx.chain(files, file)
	if err != nil {
		ctx.unusable(at, err.Error(), "give a readable PEM file of CA certificates")
		return
	}
	now := ctx.input.Environment.now()
	alive := 0
	for _, cert := range authorities {
		if pinned := string(cert.RawSubject) == string(cert.RawIssuer); !cert.IsCA && (strict || !pinned) {
			ctx.unusable(at, file+" holds a certificate that is no CA", "give the certificate of the authority, not of a peer")
			return
		}
		if weakness := Weakness(cert); weakness != "" {
			ctx.unusable(at, "a CA "+weakness, "replace the CA")
			return
		}
		switch {
		case !now.Before(cert.NotAfter):
		case now.Add(warningFor(cert, ctx.policy.Certificates.ExpiryWarning)).After(cert.NotAfter):
			alive++
			ctx.add("TG013", Warn, at, "a CA certificate expires on "+day(cert.NotAfter), "renew it")
		default:
			alive++
		}
	}
	if alive == 0 {
		ctx.add("TG012", Error, at, "every CA certificate in "+file+" has expired", "renew the CA")
	}
}

// checkKeyAccess is TG014.
func (ctx *verdict) checkKeyAccess(files Files, at, file string) {
	access, err := files.Access(file)
	if err != nil || !access.Known {
		return
	}
	mode := access.Mode.Perm()
	var problem string
	switch {
	case mode&0o002 != 0:
		problem = "is writable by everybody"
	case mode&0o004 != 0:
		problem = "is readable by everybody"
	case mode&0o020 != 0 && !access.OwnGroup:
		problem = "is writable by another group"
	case mode&0o040 != 0 && !access.OwnGroup:
		problem = "is readable by another group"
	default:
		problem = folderProblem(files, file)
	}
	if problem != "" {
		ctx.addMode(ctx.policy.Certificates.KeyPermissions, "TG014", at, fmt.Sprintf("%s %s (mode %04o)", file, problem, mode), "chmod 0600, or 0640 for a group of the process")
	}
}

// folderProblem catches a key that others can swap by renaming: the folder is
// writable by everybody. Sticky folders pass, as on tmpfs secret mounts.
func folderProblem(files Files, file string) string {
	i := strings.LastIndexByte(file, '/')
	if i < 0 {
		return ""
	}
	access, err := files.Access(file[:max(i, 1)])
	if err != nil || !access.Known || access.Mode.Perm()&0o002 == 0 {
		return ""
	}
	if access.Mode&fs.ModeSticky != 0 {
		return ""
	}
	return "lies in a folder that everybody can write to"
}

// parsedChain is what readChain said about a file.
type parsedChain struct {
	certificates []*x509.Certificate
	err          error
}

// chain reads each file once for a verdict: many receivers share one
// certificate, and a start must not pay for it twenty times.
func (ctx *verdict) chain(files Files, file string) ([]*x509.Certificate, error) {
	if known, ok := ctx.chains[file]; ok {
		return known.certificates, known.err
	}
	certificates, err := readChain(files, file)
	if ctx.chains == nil {
		ctx.chains = make(map[string]parsedChain)
	}
	ctx.chains[file] = parsedChain{certificates, err}
	return certificates, err
}

// readChain parses every certificate of a PEM file.
func readChain(files Files, file string) ([]*x509.Certificate, error) {
	data, err := files.ReadFile(file, maxPEM)
	if err != nil {
		return nil, errors.New(readError(file, err))
	}
	var chain []*x509.Certificate
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, errors.New(file + " holds a certificate that cannot be parsed")
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		return nil, errors.New(file + " holds no certificate")
	}
	return chain, nil
}

func readError(file string, err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return file + " does not exist"
	case errors.Is(err, fs.ErrPermission):
		return file + " may not be read by this process"
	}
	return file + " cannot be read"
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
