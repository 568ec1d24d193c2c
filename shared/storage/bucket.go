package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/eevans-d/sist-cabanas/shared/config"
)

const (
	// partSize is what one request carries, and what is kept in memory for the case that it has to be sent again. A bucket
	// takes ten thousand parts of at least 5 MiB.
	partSize = 8 << 20

	// bucketTries is how often a request is sent before we give up.
	bucketTries = 5

	dialTimeout = 10 * time.Second
)

// bucket is a Store in an S3-compatible service.
type bucket struct {
	api  *minio.Core
	name string
}

func openBucket(c Config) (*bucket, error) {
	endpoint, err := url.Parse(c.Endpoint)
	if err != nil || endpoint.Host == "" {
		return nil, config.Problems{{Variable: "AWS_ENDPOINT_URL_S3", Message: "must be a URL"}}
	}
	tigris := isTigris(endpoint.Hostname())
	api, err := minio.NewCore(endpoint.Host, &minio.Options{
		Creds:        credentials.NewStaticV4(c.KeyID.Reveal(), c.Key.Reveal(), ""),
		Secure:       endpoint.Scheme == "https",
		Region:       c.Region, // given, so that nobody is asked for it
		Transport:    &patient{next: newTransport(), stall: c.Stall, consistent: tigris},
		BucketLookup: lookup(tigris),
		MaxRetries:   bucketTries,
	})
	if err != nil {
		return nil, config.Problems{{Variable: "AWS_ENDPOINT_URL_S3", Message: "is not the address of a bucket service"}}
	}
	return &bucket{api, c.Bucket}, nil
}

// isTigris: its buckets made since February 2025 are found under names of their own only, which the client does not know.
func isTigris(host string) bool {
	return strings.HasSuffix(host, ".tigris.dev") || host == "t3.storage.dev"
}

func lookup(tigris bool) minio.BucketLookupType {
	if tigris {
		return minio.BucketLookupDNS
	}
	return minio.BucketLookupAuto
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		MaxIdleConns:        4,
		IdleConnTimeout:     time.Minute,
		DisableCompression:  true, // what is stored must come back as it is
		ForceAttemptHTTP2:   true,
	}
}

// Put sends parts of one size, each with its checksum in its signature. The client's own way with a stream of unknown length
// would take the chunked encoding that not every service understands (Tigris does not), and 500 MB of memory.
func (b *bucket) Put(ctx context.Context, name string, r io.Reader) error {
	if err := checkName(name); err != nil {
		return err
	}
	part := make([]byte, partSize)
	n, err := io.ReadFull(r, part)
	switch {
	case err == nil:
		err = b.putParts(ctx, name, part, r)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		data := part[:n]
		_, err = b.api.PutObject(ctx, b.name, name, bytes.NewReader(data), int64(n), "", sum(data), minio.PutObjectOptions{DisableContentSha256: true})
	default:
		return err // of r, as it is
	}
	if err != nil {
		return b.failed("store "+name, err)
	}
	b.sweep(ctx, time.Now())
	return nil
}

func sum(data []byte) string {
	hash := sha256.Sum256(data)
	return hex.EncodeToString(hash[:])
}

func (b *bucket) putParts(ctx context.Context, name string, part []byte, r io.Reader) (err error) {
	id, err := b.api.NewMultipartUpload(ctx, b.name, name, minio.PutObjectOptions{})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
			defer cancel()
			_ = b.api.AbortMultipartUpload(ctx, b.name, name, id) // else sweep does, later
		}
	}()
	var done []minio.CompletePart
	var size int64
	for n, last := len(part), false; n > 0; {
		data := part[:n]
		sent, err := b.api.PutObjectPart(ctx, b.name, name, id, len(done)+1, bytes.NewReader(data), int64(n),
			minio.PutObjectPartOptions{Sha256Hex: sum(data), DisableContentSha256: true})
		if err != nil {
			return err
		}
		done = append(done, minio.CompletePart{PartNumber: sent.PartNumber, ETag: sent.ETag})
		size += int64(n)
		if last {
			break
		}
		n, err = io.ReadFull(r, part)
		last = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
	}
	return b.complete(ctx, name, id, done, size)
}

// complete makes the parts one thing. If the answer to that is lost, asking again is told that there is no such upload, any
// more: then the thing itself tells whether it is done.
func (b *bucket) complete(ctx context.Context, name, id string, parts []minio.CompletePart, size int64) error {
	_, err := b.api.CompleteMultipartUpload(ctx, b.name, name, id, parts, minio.PutObjectOptions{})
	if minio.ToErrorResponse(err).Code != minio.NoSuchUpload {
		return err
	}
	info, statErr := b.api.StatObject(ctx, b.name, name, minio.StatObjectOptions{})
	if statErr == nil && info.Size == size {
		return nil
	}
	return err
}

// sweep gives up uploads that killed processes have left: nobody sees them, but they are paid for. Whatever keeps it from
// that is no reason to call what has been stored a failure.
func (b *bucket) sweep(ctx context.Context, now time.Time) {
	found, err := b.api.ListMultipartUploads(ctx, b.name, "", "", "", "", 100)
	if err != nil {
		return
	}
	for _, upload := range found.Uploads {
		if now.Sub(upload.Initiated) > abandonedAfter && checkName(upload.Key) == nil {
			_ = b.api.AbortMultipartUpload(ctx, b.name, upload.Key, upload.UploadID)
		}
	}
}

// Get begins a download.
func (b *bucket) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	body, _, _, err := b.api.GetObject(ctx, b.name, name, minio.GetObjectOptions{})
	if err != nil {
		return nil, b.failed("get "+name, err)
	}
	return body, nil
}

// List returns what is in the bucket itself, not in folders of it.
func (b *bucket) List(ctx context.Context, prefix string) (map[string]int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the goroutine that lists, if we do not want the rest
	found := make(map[string]int64)
	for object := range b.api.Client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if object.Err != nil {
			return nil, b.failed("list", object.Err)
		}
		if checkName(object.Key) == nil {
			found[object.Key] = object.Size
		}
	}
	return found, nil
}

// Delete removes an object.
func (b *bucket) Delete(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := b.api.RemoveObject(ctx, b.name, name, minio.RemoveObjectOptions{}); err != nil {
		return b.failed("delete "+name, err)
	}
	return nil
}

// failed says what an operator can do about it. The service's answers may repeat the key's id and what was signed; of them
// only the code is passed on.
func (b *bucket) failed(what string, err error) error {
	answer := minio.ToErrorResponse(err)
	switch answer.Code {
	case minio.NoSuchKey:
		return fmt.Errorf("%s: %w", what, ErrNotFound)
	case minio.NoSuchBucket:
		return fmt.Errorf("%s: there is no bucket %s: is BUCKET_NAME right?", what, b.name)
	case minio.AccessDenied, "InvalidAccessKeyId", "SignatureDoesNotMatch":
		return fmt.Errorf("%s: the bucket %s refuses us (%s): are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY right?", what, b.name, answer.Code)
	}
	if answer.StatusCode != 0 {
		return fmt.Errorf("%s: the bucket service answers %d %s", what, answer.StatusCode, answer.Code)
	}
	return fmt.Errorf("%s: %w", what, err)
}
