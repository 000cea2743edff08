package awskmstest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/awskms/awskmstest/policy"
)

// Key is a KMS key to be added.
type Key struct {
	// ARN; empty makes one in the server's region and account.
	ARN string
	// Policy is the key policy document; empty is the default one, which lets
	// identity policies of the account decide.
	Policy []byte
	// Alias, if set, is an alias name such as "alias/archive".
	Alias string
}

// key states as DescribeKey shows them.
const (
	stateEnabled         = "Enabled"
	stateDisabled        = "Disabled"
	statePendingDeletion = "PendingDeletion"
	stateUnavailable     = "Unavailable"
)

type kmsKey struct {
	arn      string
	state    string
	document *policy.Document
	text     []byte
	// materials: the last one encrypts, all of them decrypt, as after a
	// rotation in AWS KMS.
	materials [][]byte
}

func newKey(arn string) *kmsKey {
	k := &kmsKey{arn: arn, state: stateEnabled}
	k.rotate()
	return k
}

func (k *kmsKey) rotate() {
	material := make([]byte, 32)
	_, _ = rand.Read(material)
	k.materials = append(k.materials, material)
}

// id is the last part of the ARN.
func (k *kmsKey) id() string { return k.arn[strings.LastIndexByte(k.arn, '/')+1:] }

func (k *kmsKey) setPolicy(text []byte) error {
	document, err := policy.Parse(text)
	if err != nil {
		return err
	}
	k.document, k.text = document, text
	return nil
}

var errCiphertext = errors.New("ciphertext")

// Blob: magic 4 | key id length u8 | key id | material u32 | nonce, ciphertext, tag
var blobMagic = []byte("KMSd")

// seal binds the plaintext to key id, material and encryption context.
func (k *kmsKey) seal(plaintext []byte, ec envelope.Context) []byte {
	head := append([]byte(nil), blobMagic...)
	head = append(head, byte(len(k.id())))
	head = append(head, k.id()...)
	head = binary.BigEndian.AppendUint32(head, uint32(len(k.materials)-1))
	aad := append(append([]byte(nil), head...), ec.Canonical()...)
	return gcm(k.materials[len(k.materials)-1]).Seal(head, nil, plaintext, aad)
}

// blobKey returns the id of the key that a blob names.
func blobKey(blob []byte) (id string, head, rest []byte, err error) {
	n := len(blobMagic) + 1
	if len(blob) < n || string(blob[:len(blobMagic)]) != string(blobMagic) {
		return "", nil, nil, errCiphertext
	}
	end := n + int(blob[n-1]) + 4
	if len(blob) < end {
		return "", nil, nil, errCiphertext
	}
	return string(blob[n : end-4]), blob[:end], blob[end:], nil
}

func (k *kmsKey) open(blob []byte, ec envelope.Context) ([]byte, error) {
	_, head, rest, err := blobKey(blob)
	if err != nil {
		return nil, err
	}
	material := binary.BigEndian.Uint32(head[len(head)-4:])
	if int64(material) >= int64(len(k.materials)) {
		return nil, errCiphertext
	}
	aad := append(append([]byte(nil), head...), ec.Canonical()...)
	plaintext, err := gcm(k.materials[material]).Open(nil, nil, rest, aad)
	if err != nil {
		return nil, errCiphertext
	}
	return plaintext, nil
}

func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the length is fixed above
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	h := hex.EncodeToString(b[:])
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}

// materialID is what KMS calls the id of the current key material.
func (k *kmsKey) materialID() string { return fmt.Sprintf("%064x", len(k.materials)) }
