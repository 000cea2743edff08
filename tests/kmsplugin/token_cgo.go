//go:build cgo

package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"github.com/miekg/pkcs11"
)

const (
	nonceSize = 12
	tagBits   = 128
)

// token is a logged-in session. PKCS#11 sessions run one operation at a time.
type token struct {
	mu      sync.Mutex // guards session
	ctx     *pkcs11.Ctx
	session pkcs11.SessionHandle
}

func openToken(module, label, pin string) (*token, error) {
	ctx := pkcs11.New(module)
	if ctx == nil {
		return nil, fmt.Errorf("can't load the PKCS#11 library %s", module)
	}
	if err := ctx.Initialize(); err != nil {
		ctx.Destroy()
		return nil, fmt.Errorf("initialize: %w", err)
	}
	t := &token{ctx: ctx}
	if err := t.login(label, pin); err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

func (t *token) login(label, pin string) error {
	slots, err := t.ctx.GetSlotList(true)
	if err != nil {
		return fmt.Errorf("slots: %w", err)
	}
	for _, slot := range slots {
		info, err := t.ctx.GetTokenInfo(slot)
		if err != nil || info.Label != label {
			continue
		}
		if t.session, err = t.ctx.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION); err != nil {
			return fmt.Errorf("open a session: %w", err)
		}
		if err := t.ctx.Login(t.session, pkcs11.CKU_USER, pin); err != nil {
			return fmt.Errorf("%w: %w", errLocked, err)
		}
		return nil
	}
	return fmt.Errorf("no token with label %q", label)
}

func (t *token) close() error {
	defer t.ctx.Destroy()
	return t.ctx.Finalize()
}

func secretKey(id string) []*pkcs11.Attribute {
	out := []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_SECRET_KEY),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, "otelcol-sealed"),
	}
	if id != "" {
		out = append(out, pkcs11.NewAttribute(pkcs11.CKA_ID, []byte(id)))
	}
	return out
}

// find needs mu.
func (t *token) find(id string) ([]pkcs11.ObjectHandle, error) {
	if err := t.ctx.FindObjectsInit(t.session, secretKey(id)); err != nil {
		return nil, err
	}
	found, _, err := t.ctx.FindObjects(t.session, 100)
	return found, errors.Join(err, t.ctx.FindObjectsFinal(t.session))
}

// key needs mu.
func (t *token) key(id string) (pkcs11.ObjectHandle, error) {
	if id == "" {
		return 0, errNoKey
	}
	found, err := t.find(id)
	if err != nil {
		return 0, err
	}
	if len(found) != 1 {
		return 0, fmt.Errorf("%w: %q", errNoKey, id)
	}
	return found[0], nil
}

func (t *token) newest() (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, err := t.find("")
	if err != nil {
		return "", err
	}
	newest := ""
	for _, h := range found {
		values, err := t.ctx.GetAttributeValue(t.session, h, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_ID, nil)})
		if err != nil {
			return "", err
		}
		newest = max(newest, string(values[0].Value))
	}
	if newest == "" {
		return "", errNoKey
	}
	return newest, nil
}

func (t *token) create(id string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	template := append(secretKey(id),
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, true),
		pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, true),
		pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, false),
		pkcs11.NewAttribute(pkcs11.CKA_ENCRYPT, true),
		pkcs11.NewAttribute(pkcs11.CKA_DECRYPT, true),
		pkcs11.NewAttribute(pkcs11.CKA_VALUE_LEN, 32),
	)
	_, err := t.ctx.GenerateKey(t.session, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_AES_KEY_GEN, nil)}, template)
	return err
}

func (t *token) destroy(id string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	h, err := t.key(id)
	if err != nil {
		return err
	}
	return t.ctx.DestroyObject(t.session, h)
}

// encrypt returns nonce | ciphertext | tag, bound to the key's id.
func (t *token) encrypt(id string, plaintext []byte) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h, err := t.key(id)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, nonceSize)
	_, _ = rand.Read(nonce)
	params := pkcs11.NewGCMParams(nonce, []byte(id), tagBits)
	defer params.Free()
	if err := t.ctx.EncryptInit(t.session, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_AES_GCM, params)}, h); err != nil {
		return nil, err
	}
	sealed, err := t.ctx.Encrypt(t.session, plaintext)
	if err != nil {
		return nil, err
	}
	// Some tokens choose the nonce themselves and say which.
	return append(append([]byte(nil), params.IV()...), sealed...), nil
}

func (t *token) decrypt(id string, in []byte) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h, err := t.key(id)
	if err != nil {
		return nil, err
	}
	if len(in) < nonceSize+tagBits/8 {
		return nil, errCiphertext
	}
	params := pkcs11.NewGCMParams(in[:nonceSize], []byte(id), tagBits)
	defer params.Free()
	if err := t.ctx.DecryptInit(t.session, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_AES_GCM, params)}, h); err != nil {
		return nil, err
	}
	out, err := t.ctx.Decrypt(t.session, in[nonceSize:])
	var code pkcs11.Error
	if errors.As(err, &code) {
		switch code {
		case pkcs11.CKR_ENCRYPTED_DATA_INVALID, pkcs11.CKR_ENCRYPTED_DATA_LEN_RANGE, pkcs11.CKR_GENERAL_ERROR:
			// SoftHSM 2.6 answers a wrong GCM tag with CKR_GENERAL_ERROR.
			return nil, errCiphertext
		}
	}
	return out, err
}
