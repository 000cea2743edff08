// Package archive reads a bucket back the way an auditor would: through the S3
// API over TLS, with an identity that may read, object by object. It reports
// under which key each object is stored, what it holds, and which items of a
// ledger are in it.
package archive

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/klauspost/compress/zstd"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/planted"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/sender"
)

// maxObject bounds what one object may unpack to.
const maxObject = 1 << 30

// Object is what is known of one stored object.
type Object struct {
	Key string
	// Algorithm and KMSKey as HEAD reports them; empty means stored in clear.
	Algorithm string
	KMSKey    string
	Stored    int64
	Unpacked  int64
	// Signal is empty for an object without telemetry, such as a canary.
	Signal sender.Signal
	Items  int
	Hits   []planted.Hit
}

// Archive is a bucket as far as it was read. Refresh reads on.
type Archive struct {
	client  *s3.Client
	bucket  string
	scanner *planted.Scanner
	objects map[string]Object
	ids     map[sender.Signal]map[string]int
	service map[string]int
}

// New reads nothing yet. The scanner looks through every object, its name and
// its user metadata.
func New(client *s3.Client, bucket string, scanner *planted.Scanner) *Archive {
	a := &Archive{
		client: client, bucket: bucket, scanner: scanner,
		objects: map[string]Object{}, ids: map[sender.Signal]map[string]int{}, service: map[string]int{},
	}
	for _, signal := range sender.Signals {
		a.ids[signal] = map[string]int{}
	}
	return a
}

// Refresh lists the bucket and reads the objects that are new. An object that
// cannot be read or decoded is an error: it could hide anything.
func (a *Archive) Refresh(ctx context.Context) error {
	pages := s3.NewListObjectsV2Paginator(a.client, &s3.ListObjectsV2Input{Bucket: aws.String(a.bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("archive: list %s: %w", a.bucket, err)
		}
		for _, entry := range page.Contents {
			key := aws.ToString(entry.Key)
			if _, known := a.objects[key]; known {
				continue
			}
			object, err := a.read(ctx, key)
			if err != nil {
				return fmt.Errorf("archive: %s: %w", key, err)
			}
			a.objects[key] = object
		}
	}
	return nil
}

func (a *Archive) read(ctx context.Context, key string) (Object, error) {
	head, err := a.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(a.bucket), Key: aws.String(key)})
	if err != nil {
		return Object{}, fmt.Errorf("head: %w", err)
	}
	answer, err := a.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(a.bucket), Key: aws.String(key)})
	if err != nil {
		return Object{}, fmt.Errorf("get: %w", err)
	}
	stored, err := io.ReadAll(io.LimitReader(answer.Body, maxObject+1))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return Object{}, fmt.Errorf("get: %w", err)
	}
	content, err := Unpack(stored)
	if err != nil {
		return Object{}, err
	}
	object := Object{
		Key:       key,
		Algorithm: string(head.ServerSideEncryption),
		KMSKey:    aws.ToString(head.SSEKMSKeyId),
		Stored:    int64(len(stored)),
		Unpacked:  int64(len(content)),
		Signal:    SignalOf(key),
	}
	object.Hits = append(a.scanner.Bytes("the name of "+key, []byte(key)), a.scanner.Bytes(key, content)...)
	for name, value := range head.Metadata {
		object.Hits = append(object.Hits, a.scanner.Bytes("metadata of "+key, []byte(name+"="+value))...)
	}
	if object.Signal != "" {
		decoded, err := Decode(object.Signal, content)
		if err != nil {
			return Object{}, fmt.Errorf("decode as %s: %w", object.Signal, err)
		}
		object.Items = decoded.Items
		for _, id := range decoded.IDs {
			a.ids[object.Signal][id]++
		}
		for service, items := range decoded.Services {
			a.service[service] += items
		}
	}
	return object, nil
}

// Objects that were read, in no order.
func (a *Archive) Objects() []Object {
	objects := make([]Object, 0, len(a.objects))
	for _, object := range a.objects {
		objects = append(objects, object)
	}
	return objects
}

// Telemetry counts the objects that hold some.
func (a *Archive) Telemetry() int {
	count := 0
	for _, object := range a.objects {
		if object.Items > 0 {
			count++
		}
	}
	return count
}

// Items counts the stored items of one signal, copies included.
func (a *Archive) Items(signal sender.Signal) int {
	items := 0
	for _, object := range a.objects {
		if object.Signal == signal {
			items += object.Items
		}
	}
	return items
}

// Holds reports whether an item is stored.
func (a *Archive) Holds(signal sender.Signal, id string) bool { return a.ids[signal][id] > 0 }

// Matching counts the stored items whose id begins so.
func (a *Archive) Matching(signal sender.Signal, prefix string) int {
	count := 0
	for id := range a.ids[signal] {
		if strings.HasPrefix(id, prefix) {
			count++
		}
	}
	return count
}

// Duplicates counts items that are stored more than once, each extra copy.
func (a *Archive) Duplicates() int {
	extra := 0
	for _, ids := range a.ids {
		for _, copies := range ids {
			extra += copies - 1
		}
	}
	return extra
}

// Service counts the stored items whose resource has this service.name.
func (a *Archive) Service(name string) int { return a.service[name] }

// SignalOf reads the signal off an object's name; empty if it names none.
func SignalOf(key string) sender.Signal {
	base := path.Base(key)
	for _, signal := range sender.Signals {
		if strings.HasPrefix(base, string(signal)) {
			return signal
		}
	}
	return ""
}

// Unpack undoes zstd or gzip, recognised by their magic numbers, and returns
// anything else as it is.
func Unpack(stored []byte) ([]byte, error) {
	var reader io.Reader
	switch {
	case bytes.HasPrefix(stored, []byte{0x28, 0xB5, 0x2F, 0xFD}): // RFC 8878, section 3.1.1
		decoder, err := zstd.NewReader(bytes.NewReader(stored), zstd.WithDecoderMaxMemory(maxObject))
		if err != nil {
			return nil, fmt.Errorf("unpack zstd: %w", err)
		}
		defer decoder.Close()
		reader = decoder
	case bytes.HasPrefix(stored, []byte{0x1f, 0x8b}): // RFC 1952, section 2.3.1
		decoder, err := gzip.NewReader(bytes.NewReader(stored))
		if err != nil {
			return nil, fmt.Errorf("unpack gzip: %w", err)
		}
		reader = decoder
	default:
		return stored, nil
	}
	content, err := io.ReadAll(io.LimitReader(reader, maxObject+1))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	if len(content) > maxObject {
		return nil, fmt.Errorf("unpack: more than %d bytes", maxObject)
	}
	return content, nil
}
