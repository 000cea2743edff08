package awskmstest

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/sealed-otel/otelcol-sealed/envelope/awskms/awskmstest/policy"
)

// serveSTS answers AssumeRole of the STS query protocol.
func (s *Server) serveSTS(w http.ResponseWriter, r *http.Request, body []byte) {
	out, record, f := s.assumeRole(r, body)
	record.Op = "AssumeRole"
	status := http.StatusOK
	if f != nil {
		record.Code, status = f.code, f.status
		out = &stsError{Code: f.code, Message: f.message}
	}
	s.mu.Lock()
	s.requests = append(s.requests, record)
	s.mu.Unlock()
	text, err := xml.Marshal(out)
	if err != nil {
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write(text) //nolint:gosec // XML that encoding/xml escaped, for a test client
}

type stsError struct {
	XMLName xml.Name `xml:"ErrorResponse"`
	Code    string   `xml:"Error>Code"`
	Message string   `xml:"Error>Message"`
}

type assumeRoleResponse struct {
	XMLName         xml.Name `xml:"AssumeRoleResponse"`
	AccessKeyID     string   `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
	SecretAccessKey string   `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
	SessionToken    string   `xml:"AssumeRoleResult>Credentials>SessionToken"`
	Expiration      string   `xml:"AssumeRoleResult>Credentials>Expiration"`
	Arn             string   `xml:"AssumeRoleResult>AssumedRoleUser>Arn"`
	AssumedRoleID   string   `xml:"AssumeRoleResult>AssumedRoleUser>AssumedRoleId"`
}

func (s *Server) assumeRole(r *http.Request, body []byte) (any, Request, *apiError) {
	var record Request
	caller, _, f := s.verify(r, body, "sts")
	if f != nil {
		f.status = http.StatusForbidden
		return nil, record, f
	}
	record.Principal = caller.ARN
	if f := s.takeFault("AssumeRole"); f != nil {
		return nil, record, f
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("Action") != "AssumeRole" {
		return nil, record, refuse("InvalidAction", "the double knows only AssumeRole")
	}
	record.KeyID = form.Get("RoleArn")
	keys := caller.keys()
	if serial := form.Get("SerialNumber"); serial != "" {
		if caller.serial == "" || serial != caller.serial || form.Get("TokenCode") != caller.code {
			return nil, record, &apiError{http.StatusForbidden, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code."}
		}
		keys["aws:MultiFactorAuthPresent"] = []string{"true"}
		keys["aws:MultiFactorAuthAge"] = []string{"0"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	role := s.roles[record.KeyID]
	request := policy.Request{Principal: caller.ARN, Action: "sts:AssumeRole", Resource: record.KeyID, Keys: keys}
	// A trust policy works like a key policy: it must allow, or delegate to
	// the account and so to the caller's own policies.
	if role == nil || role.trust == nil || !policy.EvaluateKey(request, role.trust, caller.documents...).Allowed {
		return nil, record, &apiError{
			http.StatusForbidden, "AccessDenied",
			fmt.Sprintf("User: %s is not authorized to perform: sts:AssumeRole on resource: %s", caller.ARN, record.KeyID),
		}
	}
	session := *role
	session.Principal = newCredentials(role.ARN, true)
	session.mfa = false
	session.expires = s.now().Add(time.Hour)
	s.identities[session.AccessKeyID] = &session
	return &assumeRoleResponse{
		AccessKeyID: session.AccessKeyID, SecretAccessKey: session.SecretAccessKey, SessionToken: session.SessionToken,
		Expiration: session.expires.UTC().Format(time.RFC3339), Arn: role.ARN, AssumedRoleID: "AROADOUBLE:" + form.Get("RoleSessionName"),
	}, record, nil
}
