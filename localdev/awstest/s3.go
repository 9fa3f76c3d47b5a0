package awstest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"
)

// SetObject creates or replaces an object of S3.
func (s *Server) SetObject(bucket, key string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects["/"+bucket+"/"+key] = data
}

// BreakObjects lets each answer with an object end after so many bytes, without
// its end. 0 lets them be whole again.
func (s *Server) BreakObjects(after int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.breakAfter = after
}

// getObject answers a request for an object, or a range of one. It knows the path,
// as clients write it that do not use a bucket's own host name.
func (s *Server) getObject(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	data, found := s.objects[r.URL.Path]
	limit := s.breakAfter
	s.mu.Unlock()
	if !found {
		writeS3Error(w, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
		return
	}
	sum := sha256.Sum256(data)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	w.Header().Set("Content-Type", "binary/octet-stream")
	if limit > 0 {
		w = &breaking{ResponseWriter: w, left: limit}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data)) // it knows Range and If-Match
}

// breaking is a response whose connection breaks.
type breaking struct {
	http.ResponseWriter
	left int
}

func (b *breaking) Write(p []byte) (int, error) {
	if len(p) > b.left {
		_, _ = b.ResponseWriter.Write(p[:b.left])
		_ = http.NewResponseController(b.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	b.left -= len(p)
	return b.ResponseWriter.Write(p)
}

func writeS3Error(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, message)
}
