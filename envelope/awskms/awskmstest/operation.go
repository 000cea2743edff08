package awskmstest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/awskms/awskmstest/policy"
)

// input holds the fields of all operations that are looked at.
type input struct {
	KeyID             string `json:"KeyId"`
	CiphertextBlob    []byte
	Plaintext         []byte
	EncryptionContext map[string]string
	KeySpec           string
	NumberOfBytes     int
	DryRun            bool
	DryRunModifiers   []string
	GrantTokens       []string
	Recipient         any
	Policy            string
	PolicyName        string

	SourceKeyID                  string `json:"SourceKeyId"`
	SourceEncryptionContext      map[string]string
	DestinationKeyID             string `json:"DestinationKeyId"`
	DestinationEncryptionContext map[string]string
}

type output struct {
	KeyID               string `json:"KeyId,omitempty"`
	CiphertextBlob      []byte `json:",omitempty"`
	Plaintext           []byte `json:",omitempty"`
	EncryptionAlgorithm string `json:",omitempty"`
	KeyMaterialID       string `json:"KeyMaterialId,omitempty"`
	SourceKeyID         string `json:"SourceKeyId,omitempty"`
	Policy              string `json:",omitempty"`
	PolicyName          string `json:",omitempty"`
	KeyMetadata         any    `json:",omitempty"`
}

type call struct {
	caller *identity
	region string
	op     string
}

// operations run under Server.mu. They return a *apiError as error.
var operations = map[string]func(*Server, call, *input) (*output, error){
	"GenerateDataKey":                 generateDataKey,
	"GenerateDataKeyWithoutPlaintext": generateDataKey,
	"Encrypt":                         encrypt,
	"Decrypt":                         decrypt,
	"ReEncrypt":                       reEncrypt,
	"DescribeKey":                     describeKey,
	"GetKeyPolicy":                    getKeyPolicy,
	"PutKeyPolicy":                    putKeyPolicy,
	"CreateGrant":                     onlyAuthorized,
	"DisableKey":                      onlyAuthorized,
	"ScheduleKeyDeletion":             onlyAuthorized,
	"UpdateAlias":                     onlyAuthorized,
}

var errDryRunPassed = &apiError{http.StatusPreconditionFailed, "DryRunOperationException", "The request would have succeeded, but the DryRun option is set."}

// resolve finds a key by id, ARN, alias name or alias ARN, in the region that
// the request was signed for.
func (s *Server) resolve(c call, id string) (*kmsKey, *apiError) {
	if id == "" {
		return nil, refuse("ValidationException", "KeyId is missing")
	}
	arn := id
	switch {
	case strings.HasPrefix(id, "alias/"):
		arn = s.aliases[c.region+" "+id]
	case strings.HasPrefix(id, "arn:") && strings.HasPrefix(arnPart(id, 5), "alias/"):
		arn = s.aliases[arnPart(id, 3)+" "+arnPart(id, 5)]
	case !strings.HasPrefix(id, "arn:"):
		arn = fmt.Sprintf("arn:aws:kms:%s:%s:key/%s", c.region, c.caller.account(), id)
	}
	if k := s.keys[arn]; k != nil && arnPart(arn, 3) == c.region {
		return k, nil
	}
	if region := arnPart(arn, 3); region != "" && region != c.region {
		return nil, refuse("NotFoundException", "Invalid arn "+region)
	}
	return nil, refuse("NotFoundException", fmt.Sprintf("Key '%s' does not exist", id))
}

// authorize evaluates all policies for one action on one key.
func authorize(caller *identity, key *kmsKey, action string, ec envelope.Context, extra map[string][]string) *apiError {
	keys := caller.keys()
	maps.Copy(keys, extra)
	keys["kms:CallerAccount"] = []string{caller.account()}
	if len(ec) > 0 {
		keys["kms:EncryptionContextKeys"] = slices.Sorted(maps.Keys(ec))
		for k, v := range ec {
			keys["kms:EncryptionContext:"+k] = []string{v}
		}
	}
	d := policy.EvaluateKey(policy.Request{Principal: caller.ARN, Action: action, Resource: key.arn, Keys: keys},
		key.document, caller.documents...)
	if d.Allowed {
		return nil
	}
	why := "because no identity-based policy allows the " + action + " action"
	if d.Explicit {
		why = "with an explicit deny"
	}
	return refuse("AccessDeniedException", fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s", caller.ARN, action, key.arn, why))
}

func usable(k *kmsKey) *apiError {
	switch k.state {
	case stateEnabled:
		return nil
	case stateDisabled:
		return refuse("DisabledException", k.arn+" is disabled.")
	case stateUnavailable:
		return &apiError{http.StatusInternalServerError, "KeyUnavailableException", k.arn + " is not available."}
	default:
		return refuse("KMSInvalidStateException", k.arn+" is pending deletion.")
	}
}

// admit runs the checks that every cryptographic operation begins with.
func (s *Server) admit(c call, id, action string, ec envelope.Context, in *input) (*kmsKey, error) {
	if len(in.GrantTokens) > 0 || in.Recipient != nil {
		return nil, refuse("UnsupportedOperationException", "the double knows no grants and no enclaves")
	}
	k, f := s.resolve(c, id)
	if f != nil {
		return nil, f
	}
	if f := authorize(c.caller, k, action, ec, nil); f != nil {
		return nil, f
	}
	if f := usable(k); f != nil {
		return nil, f
	}
	return k, nil
}

func generateDataKey(s *Server, c call, in *input) (*output, error) {
	size := in.NumberOfBytes
	switch in.KeySpec {
	case "AES_256":
		size += 32
	case "AES_128":
		size += 16
	case "":
	default:
		return nil, refuse("ValidationException", "KeySpec")
	}
	if in.KeySpec != "" && in.NumberOfBytes != 0 || size < 1 || size > 1024 {
		return nil, refuse("ValidationException", "Please specify either number of bytes or key spec.")
	}
	k, err := s.admit(c, in.KeyID, "kms:"+c.op, in.EncryptionContext, in)
	if err != nil {
		return nil, err
	}
	if in.DryRun {
		return nil, errDryRunPassed
	}
	plaintext := make([]byte, size)
	_, _ = rand.Read(plaintext)
	out := &output{KeyID: k.arn, CiphertextBlob: k.seal(plaintext, in.EncryptionContext), KeyMaterialID: k.materialID()}
	if c.op == "GenerateDataKey" {
		out.Plaintext = plaintext
	}
	return out, nil
}

func encrypt(s *Server, c call, in *input) (*output, error) {
	if len(in.Plaintext) == 0 || len(in.Plaintext) > 4096 {
		return nil, refuse("ValidationException", "Plaintext must have 1 to 4096 bytes")
	}
	k, err := s.admit(c, in.KeyID, "kms:Encrypt", in.EncryptionContext, in)
	if err != nil {
		return nil, err
	}
	if in.DryRun {
		return nil, errDryRunPassed
	}
	return &output{KeyID: k.arn, CiphertextBlob: k.seal(in.Plaintext, in.EncryptionContext), EncryptionAlgorithm: "SYMMETRIC_DEFAULT"}, nil
}

func decrypt(s *Server, c call, in *input) (*output, error) {
	ignoreCiphertext := in.DryRun && slices.Equal(in.DryRunModifiers, []string{"IGNORE_CIPHERTEXT"})
	if len(in.DryRunModifiers) > 0 && !ignoreCiphertext {
		return nil, refuse("ValidationException", "DryRunModifiers")
	}
	if len(in.CiphertextBlob) == 0 && !ignoreCiphertext {
		return nil, refuse("ValidationException", "CiphertextBlob is missing")
	}
	k, err := s.admitCiphertext(c, in.KeyID, "kms:Decrypt", in.CiphertextBlob, in.EncryptionContext, in)
	if err != nil {
		return nil, err
	}
	if ignoreCiphertext {
		return nil, errDryRunPassed
	}
	plaintext, err := openBlob(k, in.CiphertextBlob, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	if in.DryRun {
		return nil, errDryRunPassed
	}
	return &output{KeyID: k.arn, Plaintext: plaintext, EncryptionAlgorithm: "SYMMETRIC_DEFAULT", KeyMaterialID: k.materialID()}, nil
}

// admitCiphertext is admit for calls where the key may be left to the blob.
func (s *Server) admitCiphertext(c call, id, action string, blob []byte, ec envelope.Context, in *input) (*kmsKey, error) {
	if id != "" {
		return s.admit(c, id, action, ec, in)
	}
	named, _, _, err := blobKey(blob)
	if err != nil {
		return nil, refuse("InvalidCiphertextException", "")
	}
	k, err := s.admit(c, named, action, ec, in)
	if f := (*apiError)(nil); errors.As(err, &f) && f.code == "NotFoundException" {
		return nil, refuse("AccessDeniedException", "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.")
	}
	return k, err
}

func openBlob(k *kmsKey, blob []byte, ec envelope.Context) ([]byte, error) {
	named, _, _, err := blobKey(blob)
	if err != nil {
		return nil, refuse("InvalidCiphertextException", "")
	}
	if named != k.id() {
		return nil, refuse("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
	}
	plaintext, err := k.open(blob, ec)
	if err != nil {
		return nil, refuse("InvalidCiphertextException", "")
	}
	return plaintext, nil
}

func reEncrypt(s *Server, c call, in *input) (*output, error) {
	from, err := s.admitCiphertext(c, in.SourceKeyID, "kms:ReEncryptFrom", in.CiphertextBlob, in.SourceEncryptionContext, in)
	if err != nil {
		return nil, err
	}
	to, err := s.admit(c, in.DestinationKeyID, "kms:ReEncryptTo", in.DestinationEncryptionContext, in)
	if err != nil {
		return nil, err
	}
	plaintext, err := openBlob(from, in.CiphertextBlob, in.SourceEncryptionContext)
	if err != nil {
		return nil, err
	}
	if in.DryRun {
		return nil, errDryRunPassed
	}
	return &output{KeyID: to.arn, SourceKeyID: from.arn, CiphertextBlob: to.seal(plaintext, in.DestinationEncryptionContext)}, nil
}

func describeKey(s *Server, c call, in *input) (*output, error) {
	k, f := s.resolve(c, in.KeyID)
	if f == nil {
		f = authorize(c.caller, k, "kms:DescribeKey", nil, nil)
	}
	if f != nil {
		return nil, f
	}
	return &output{KeyMetadata: map[string]any{
		"AWSAccountId": arnPart(k.arn, 4), "Arn": k.arn, "KeyId": k.id(), "KeyState": k.state,
		"Enabled": k.state == stateEnabled, "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT",
		"CustomerMasterKeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "MultiRegion": false,
		"Origin": "AWS_KMS", "EncryptionAlgorithms": []string{"SYMMETRIC_DEFAULT"}, "CreationDate": 1.7e9,
		"CurrentKeyMaterialId": k.materialID(),
	}}, nil
}

func getKeyPolicy(s *Server, c call, in *input) (*output, error) {
	k, f := s.resolve(c, in.KeyID)
	if f == nil {
		f = authorize(c.caller, k, "kms:GetKeyPolicy", nil, nil)
	}
	if f != nil {
		return nil, f
	}
	return &output{Policy: string(k.text), PolicyName: "default"}, nil
}

func putKeyPolicy(s *Server, c call, in *input) (*output, error) {
	k, f := s.resolve(c, in.KeyID)
	if f == nil {
		f = authorize(c.caller, k, "kms:PutKeyPolicy", nil, nil)
	}
	if f != nil {
		return nil, f
	}
	if err := k.setPolicy([]byte(in.Policy)); err != nil {
		return nil, refuse("MalformedPolicyDocumentException", err.Error())
	}
	return &output{}, nil
}

func onlyAuthorized(s *Server, c call, in *input) (*output, error) {
	k, f := s.resolve(c, in.KeyID)
	if f == nil {
		f = authorize(c.caller, k, "kms:"+c.op, nil, nil)
	}
	if f != nil {
		return nil, f
	}
	return nil, refuse("UnsupportedOperationException", "authorized, but the double does not carry it out")
}
