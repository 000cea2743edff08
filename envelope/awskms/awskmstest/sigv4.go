package awskmstest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"
)

// maxSkew is how far X-Amz-Date may lie from the server's clock (AWS General
// Reference, Signature Version 4).
const maxSkew = 15 * time.Minute

// apiError is an answer other than success.
type apiError struct {
	status  int
	code    string
	message string
}

func (f *apiError) Error() string { return f.code + ": " + f.message }

func refuse(code, message string) *apiError {
	return &apiError{status: http.StatusBadRequest, code: code, message: message}
}

type credential struct{ accessKey, date, region, service string }

// verify checks the signature of a request over body and returns the caller.
func (s *Server) verify(r *http.Request, body []byte, service string) (*identity, string, *apiError) {
	const algorithm = "AWS4-HMAC-SHA256"
	header := r.Header.Get("Authorization")
	if header == "" {
		return nil, "", refuse("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return nil, "", refuse("IncompleteSignatureException", "unsupported algorithm")
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/")
	signed := strings.Split(fields["SignedHeaders"], ";")
	if len(scope) != 5 || scope[4] != "aws4_request" || fields["Signature"] == "" {
		return nil, "", refuse("IncompleteSignatureException", "Authorization header requires Credential, SignedHeaders and Signature")
	}
	c := credential{scope[0], scope[1], scope[2], scope[3]}
	if c.service != service {
		return nil, "", refuse("InvalidSignatureException", "Credential should be scoped to correct service: '"+service+"'.")
	}
	if f := checkSigned(r, signed); f != nil {
		return nil, "", f
	}
	date := r.Header.Get("X-Amz-Date")
	at, err := time.Parse("20060102T150405Z", date)
	if err != nil || !strings.HasPrefix(date, c.date) {
		return nil, "", refuse("IncompleteSignatureException", "X-Amz-Date is missing or does not fit the credential scope")
	}
	now := s.now()
	if d := now.Sub(at); d > maxSkew || d < -maxSkew {
		return nil, "", refuse("InvalidSignatureException", "Signature expired or not yet current: "+date)
	}
	caller := s.byAccessKey(c.accessKey)
	if caller == nil || caller.SessionToken != r.Header.Get("X-Amz-Security-Token") {
		return nil, "", refuse("UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	want := sign(r, body, signed, caller.SecretAccessKey, date, c)
	if !hmac.Equal([]byte(want), []byte(fields["Signature"])) {
		return nil, "", refuse("InvalidSignatureException", "The request signature we calculated does not match the signature you provided.")
	}
	if !caller.expires.IsZero() && now.After(caller.expires) {
		return nil, "", refuse("ExpiredTokenException", "The security token included in the request is expired")
	}
	return caller, c.region, nil
}

// checkSigned: host and every x-amz-* header must be covered by the signature,
// else a man in the middle could turn one operation into another.
func checkSigned(r *http.Request, signed []string) *apiError {
	if !sort.StringsAreSorted(signed) || !slices.Contains(signed, "host") {
		return refuse("IncompleteSignatureException", "SignedHeaders must be sorted and contain host")
	}
	for name := range r.Header {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-amz-") && !slices.Contains(signed, lower) {
			return refuse("InvalidSignatureException", "header "+lower+" is not signed")
		}
	}
	return nil
}

func sign(r *http.Request, body []byte, signed []string, secret, date string, c credential) string {
	var canonical strings.Builder
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	canonical.WriteString(r.Method + "\n" + path + "\n" + canonicalQuery(r.URL.Query()) + "\n")
	for _, name := range signed {
		var value string
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = r.Header.Get("Content-Length")
			if value == "" {
				value = itoa(r.ContentLength)
			}
		default:
			values := r.Header.Values(name)
			trimmed := make([]string, len(values))
			for i, v := range values {
				trimmed[i] = strings.Join(strings.Fields(v), " ")
			}
			value = strings.Join(trimmed, ",")
		}
		canonical.WriteString(name + ":" + value + "\n")
	}
	// The body as it arrived: what X-Amz-Content-Sha256 says is not believed.
	sum := sha256.Sum256(body)
	canonical.WriteString("\n" + strings.Join(signed, ";") + "\n" + hex.EncodeToString(sum[:]))
	hash := sha256.Sum256([]byte(canonical.String()))
	scope := c.date + "/" + c.region + "/" + c.service + "/aws4_request"
	text := "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n" + hex.EncodeToString(hash[:])
	key := []byte("AWS4" + secret)
	for _, part := range []string{c.date, c.region, c.service, "aws4_request"} {
		key = hmacSHA256(key, part)
	}
	return hex.EncodeToString(hmacSHA256(key, text))
}

func canonicalQuery(q url.Values) string {
	// url.Values.Encode sorts; AWS wants %20 where it writes +.
	return strings.ReplaceAll(q.Encode(), "+", "%20")
}

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
