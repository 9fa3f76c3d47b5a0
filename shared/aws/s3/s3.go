// Package s3 reads one object of Amazon S3 as a stream:
//
//	object := s3.Open(ctx, cfg, "bucket", "users.jsonl")
//	defer object.Close()
//
// A connection that breaks is made again where it broke, so that an object of a
// gigabyte can be read slowly. It is an error if the object is another one by
// then.
//
// It signs its one request itself, because it needs nothing else of the SDK's client
// for S3. It refuses to write and to list.
package s3

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// Object is an object that is read from its beginning to its end.
type Object struct {
	ctx         context.Context
	cancel      context.CancelFunc
	cfg         aws.Config
	url         string
	client      aws.HTTPClient
	body        io.ReadCloser // of the present connection, or nil
	read        int64         // bytes
	etag        string        // of the first response
	interrupted int           // attempts since the last byte
}

// Open returns the object. It makes no call yet. The context is that of all reads.
func Open(ctx context.Context, cfg aws.Config, bucket, key string) *Object {
	client := cfg.HTTPClient
	if buildable, ok := client.(*awshttp.BuildableClient); ok {
		client = buildable.WithTimeout(0) // a whole object takes longer than a call
	}
	ctx, cancel := context.WithCancel(ctx)
	return &Object{ctx: ctx, cancel: cancel, cfg: cfg, client: client, url: endpoint(cfg) + "/" + escape(bucket) + "/" + escape(key)}
}

// endpoint returns the configured address, or that of S3 in the region. The bucket
// is the first part of the path, because a bucket's own host name has no valid
// certificate if the bucket's name has a dot.
func endpoint(cfg aws.Config) string {
	if cfg.BaseEndpoint != nil {
		return strings.TrimSuffix(*cfg.BaseEndpoint, "/")
	}
	domain := "amazonaws.com"
	if strings.HasPrefix(cfg.Region, "cn-") {
		domain = "amazonaws.com.cn"
	}
	return "https://s3." + cfg.Region + "." + domain
}

// escape encodes a key as S3 wants it in a path and in the signature: all bytes but
// the unreserved ones of RFC 3986, and slashes stay.
func escape(key string) string {
	var b strings.Builder
	for _, c := range []byte(key) {
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// Read reads on, over as many connections as it takes.
func (o *Object) Read(p []byte) (int, error) {
	for {
		if o.body == nil {
			if err := o.connect(); err != nil {
				return 0, err
			}
		}
		n, err := o.body.Read(p)
		o.read += int64(n)
		if n > 0 {
			o.interrupted = 0
		}
		if err == nil || errors.Is(err, io.EOF) {
			return n, err
		}
		_ = o.body.Close() // the connection is broken anyway
		o.body = nil
		if n > 0 {
			return n, nil
		}
		if wait := o.wait(err); wait != nil {
			return 0, wait
		}
	}
}

// Close ends the connection, and a Read that waits for it.
func (o *Object) Close() error {
	o.cancel()
	return nil
}

// connect asks for the rest of the object, and repeats that as the configuration
// says.
func (o *Object) connect() error {
	for {
		err := o.get()
		if err == nil {
			return nil
		}
		var refused *Error
		if errors.As(err, &refused) && refused.Status < 500 && refused.Status != http.StatusTooManyRequests {
			return err
		}
		if err := o.wait(err); err != nil {
			return err
		}
	}
}

// wait waits before another attempt, or returns the cause if there were enough.
func (o *Object) wait(cause error) error {
	retryer := o.cfg.Retryer()
	o.interrupted++
	if o.ctx.Err() != nil || o.interrupted >= retryer.MaxAttempts() {
		return fmt.Errorf("read from S3: %w", cause)
	}
	delay, err := retryer.RetryDelay(o.interrupted, cause)
	if err != nil {
		return cause
	}
	select {
	case <-time.After(delay):
		return nil
	case <-o.ctx.Done():
		return errors.Join(cause, context.Cause(o.ctx))
	}
}

const emptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // SHA-256 of nothing

func (o *Object) get() error {
	req, err := http.NewRequestWithContext(o.ctx, http.MethodGet, o.url, nil)
	if err != nil {
		return err
	}
	if u, err := url.Parse(o.url); err == nil {
		req.URL = u // keeps the escapes of the path, which are signed
	}
	req.Header.Set("X-Amz-Content-Sha256", emptyPayload)
	if o.read > 0 {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(o.read, 10)+"-")
		req.Header.Set("If-Match", o.etag)
	}
	credentials, err := o.cfg.Credentials.Retrieve(o.ctx)
	if err != nil {
		return err
	}
	raw := func(s *v4.SignerOptions) { s.DisableURIPathEscaping = true }
	if err := v4.NewSigner().SignHTTP(o.ctx, credentials, req, emptyPayload, "s3", o.cfg.Region, time.Now(), raw); err != nil {
		return err
	}
	resp, err := o.client.Do(req)
	if err != nil {
		return err
	}
	want := http.StatusOK
	if o.read > 0 {
		want = http.StatusPartialContent
	}
	if resp.StatusCode != want {
		defer resp.Body.Close()
		return newError(resp)
	}
	if o.read == 0 {
		o.etag = resp.Header.Get("ETag")
	}
	o.body = resp.Body
	return nil
}

// Error is an error response of S3.
type Error struct {
	Status        int
	Code, Message string
}

func newError(resp *http.Response) *Error {
	e := &Error{Status: resp.StatusCode}
	var body struct{ Code, Message string }
	if xml.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&body) == nil { // the response of a proxy has neither
		e.Code, e.Message = body.Code, body.Message
	}
	return e
}

func (e *Error) Error() string {
	switch e.Status {
	case http.StatusForbidden:
		return "S3 does not let the function read the object: " + e.text()
	case http.StatusNotFound:
		return "S3 has no such object: " + e.text()
	case http.StatusPreconditionFailed:
		return "the object in S3 was replaced while it was read"
	}
	return "S3 answers " + e.text()
}

func (e *Error) text() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s %s", e.Status, e.Code, e.Message))
}
