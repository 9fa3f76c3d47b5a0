// Package apitest compares requests and answers with openapi.yaml, so that every
// test of the API also tests its description. Use Transport in a client, Handler
// around a handler, or Check with a request and its answer:
//
//	client := &http.Client{Transport: apitest.Transport(t, nil)}
//
// It fails the test for an answer with a status, a media type, a header or a
// member that is not described, and for a success that answers a request which is
// not as described. It does not check that an answer is the right one; that is
// the test's task.
package apitest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
)

// Check fails the test if the request or the answer is not as described. It does
// not check a request that was answered with a 4xx: tests send bad requests on
// purpose.
func Check(t testing.TB, req *http.Request, reqBody []byte, resp *http.Response, respBody []byte) {
	t.Helper()
	if err := Verify(req, reqBody, resp, respBody); err != nil {
		t.Errorf("%s %s, answered %d, is not as openapi.yaml says: %v\nanswer: %.2000q", req.Method, req.URL.Path, resp.StatusCode, err, respBody)
	}
}

// Verify is Check without a test: it returns what is wrong.
func Verify(req *http.Request, reqBody []byte, resp *http.Response, respBody []byte) error {
	d, err := loadDescription()
	if err != nil {
		return err
	}
	if respBody, err = uncompressed(resp.Header, respBody); err != nil {
		return err
	}
	route, values := d.find(req)
	if route.Operation.Responses.Status(resp.StatusCode) == nil {
		return fmt.Errorf("%s has no answer %d", route.Operation.OperationID, resp.StatusCode)
	}
	in := &openapi3filter.RequestValidationInput{
		Request: withBody(req, reqBody), PathParams: values, Route: route, Options: options,
	}
	return errors.Join(
		verifyRequest(in, resp.StatusCode),
		verifyAnswer(in, resp, respBody),
		verifyHeaders(resp.Header),
		verifyRequestID(resp.Header, respBody),
	)
}

var options = &openapi3filter.Options{
	MultiError: true, IncludeResponseStatus: true, SkipSettingDefaults: true, AuthenticationFunc: hasToken,
}

func verifyRequest(in *openapi3filter.RequestValidationInput, status int) error {
	if status >= 400 && status < 500 {
		return nil
	}
	if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
		return fmt.Errorf("the request was not refused: %w", err)
	}
	return nil
}

// hasToken checks that the request carries a text in the form of an access token.
func hasToken(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	scheme, token, _ := strings.Cut(in.RequestValidationInput.Request.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || strings.Count(token, ".") != 2 { // the scheme ignores case (RFC 9110 §11.1)
		return errors.New("it carries no access token")
	}
	return nil
}

func verifyAnswer(in *openapi3filter.RequestValidationInput, resp *http.Response, body []byte) error {
	if in.Request.Method == http.MethodHead {
		if len(body) > 0 {
			return errors.New("the answer to HEAD has a body")
		}
		return nil
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: resp.StatusCode, Header: resp.Header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: options,
	})
}

// verifyHeaders checks the headers that every answer has (ASVS 3.4). openapi.yaml
// mentions them once, in prose, and not with each answer.
func verifyHeaders(h http.Header) error {
	var errs []error
	for name, want := range map[string]string{
		"Content-Security-Policy": "frame-ancestors 'none'",
		"Referrer-Policy":         "no-referrer",
		"X-Content-Type-Options":  "nosniff",
	} {
		if got := h.Get(name); !strings.Contains(got, want) {
			errs = append(errs, fmt.Errorf("the header %s is %q, want %q", name, got, want))
		}
	}
	return errors.Join(errs...)
}

// verifyRequestID compares the request_id of a problem document with the header.
func verifyRequestID(h http.Header, body []byte) error {
	if h.Get("Content-Type") != "application/problem+json" || len(body) == 0 {
		return nil
	}
	var problem struct {
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal(body, &problem); err != nil {
		return err
	}
	if id := h.Get("X-Request-Id"); problem.RequestID != id {
		return fmt.Errorf("request_id is %q and X-Request-Id %q", problem.RequestID, id)
	}
	return nil
}

// uncompressed undoes gzip, the only content coding that the API uses.
func uncompressed(h http.Header, body []byte) ([]byte, error) {
	if h.Get("Content-Encoding") != "gzip" {
		return body, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("the answer is not gzip: %w", err)
	}
	return io.ReadAll(z)
}

func withBody(req *http.Request, body []byte) *http.Request {
	req = req.Clone(context.Background())
	req.Body = io.NopCloser(bytes.NewReader(body))
	return req
}
