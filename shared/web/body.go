package web

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"roster/shared/fault"
)

// The longest bodies, in bytes. A call takes maxBody unless its input can be longer.
const (
	maxBody      = 16 << 10
	MetadataBody = 32 << 10 // two objects of metadata, and space between their tokens
	BulkBody     = 256 << 10
)

// ReadBody returns the request's body. It refuses another media type, other text
// than UTF-8, and more than 16 KiB.
func ReadBody(r *http.Request, mediaType string) ([]byte, error) {
	return readBody(r, mediaType, maxBody)
}

func readBody(r *http.Request, mediaType string, limit int64) ([]byte, error) {
	got, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || got != mediaType || !isUTF8(params["charset"]) || !isPlain(r.Header.Values("Content-Encoding")) {
		return nil, &fault.Error{Code: unsupportedMediaType, Message: "Send the header Content-Type: " + mediaType + ", and the body in UTF-8 without compression."}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, Malformed("The body could not be read.")
	}
	if int64(len(body)) > limit {
		return nil, &fault.Error{Code: tooLarge, Message: fmt.Sprintf("The body must have at most %d KiB.", limit>>10)}
	}
	if !utf8.Valid(body) {
		return nil, Malformed("The body must be UTF-8.")
	}
	return body, nil
}

// isUTF8 reports whether a charset is UTF-8 or not given. People write it without
// the hyphen, too, which the Encoding Standard reads as the same.
func isUTF8(charset string) bool {
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8":
		return true
	}
	return false
}

// isPlain reports whether nothing is encoded: identity stands for that (RFC 9110
// §12.5.3).
func isPlain(encodings []string) bool {
	for _, e := range encodings {
		if e = strings.TrimSpace(e); e != "" && !strings.EqualFold(e, "identity") {
			return false
		}
	}
	return true
}
