package docspage

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// resource is one file to serve, in one or two content codings.
type resource struct {
	contentType, cache string
	identity           func() coding
	gzip               *coding // nil if the file is compressed already
}

// coding is the file in one content coding. Each has its own ETag (RFC 9110
// §8.8.3.3).
type coding struct {
	name string // for Content-Encoding; "" for identity
	etag string
	body []byte
}

func newCoding(name string, body []byte) coding {
	sum := sha256.Sum256(body)
	return coding{name: name, etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`, body: body}
}

func plain(contentType, cache string, body []byte) *resource {
	c := newCoding("", body)
	return &resource{contentType: contentType, cache: cache, identity: func() coding { return c }}
}

// compressed returns a resource that is also served with gzip. API Gateway does
// not compress answers itself.
func compressed(contentType, cache string, body []byte) *resource {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(body) // writing to a bytes.Buffer cannot fail
	_ = z.Close()
	r := plain(contentType, cache, body)
	c := newCoding("gzip", b.Bytes())
	r.gzip = &c
	return r
}

// gzipped returns a resource from a file that is embedded with gzip. It is
// decompressed for the first client that does not accept gzip.
func gzipped(contentType, cache string, packed []byte) *resource {
	c := newCoding("gzip", packed)
	return &resource{
		contentType: contentType, cache: cache, gzip: &c,
		identity: sync.OnceValue(func() coding { return newCoding("", gunzip(packed)) }),
	}
}

func gunzip(packed []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(fmt.Sprintf("docspage: decompress an embedded file: %v", err))
	}
	body, err := io.ReadAll(z)
	if err != nil {
		panic(fmt.Sprintf("docspage: decompress an embedded file: %v", err))
	}
	return body
}

func (res *resource) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, c := w.Header(), res.choose(r)
	h.Set("Cache-Control", res.cache)
	h.Set("ETag", c.etag)
	if res.gzip != nil {
		h.Set("Vary", "Accept-Encoding")
	}
	if matches(r.Header.Get("If-None-Match"), c.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", res.contentType)
	if c.name != "" {
		h.Set("Content-Encoding", c.name)
	}
	h.Set("Content-Length", strconv.Itoa(len(c.body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(c.body)
	}
}

func (res *resource) choose(r *http.Request) coding {
	if res.gzip != nil && acceptsGzip(r.Header) {
		return *res.gzip
	}
	return res.identity()
}

// acceptsGzip reads Accept-Encoding (RFC 9110 §12.5.3). A client that does not
// send it gets identity.
func acceptsGzip(h http.Header) bool {
	for field := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(field, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		_, q, _ := strings.Cut(weight, "=")
		n, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		return err != nil || n > 0
	}
	return false
}

// matches reports whether the client has this version already (RFC 9110 §13.1.2).
// It compares weakly, because a proxy may have made the ETag a weak one.
func matches(ifNoneMatch, etag string) bool {
	for held := range strings.SplitSeq(ifNoneMatch, ",") {
		held = strings.TrimSpace(held)
		if held == "*" || strings.TrimPrefix(held, "W/") == etag {
			return true
		}
	}
	return false
}
