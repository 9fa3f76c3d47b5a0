package lambdahttp

import (
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

const requestIDHeader = "X-Request-Id"

func requestID(r *http.Request) string { return r.Header.Get(requestIDHeader) }

// newRequest returns the request that http.Server would have read from the
// connection, and why it cannot be read, or "". The gateway has decoded the path
// parameters, so they are not decoded again.
func newRequest(ctx context.Context, e events.APIGatewayV2HTTPRequest) (r *http.Request, unreadable string) {
	body := e.Body
	if e.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			unreadable = "The request body could not be read."
		}
		body = string(decoded)
	}
	if !isToken(e.RequestContext.HTTP.Method) {
		unreadable = "The request method could not be read."
	}
	r = (&http.Request{
		Method: e.RequestContext.HTTP.Method,
		URL:    &url.URL{Path: path(e), RawQuery: e.RawQueryString},
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        header(e),
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
		Host:          host(e),
		RemoteAddr:    net.JoinHostPort(e.RequestContext.HTTP.SourceIP, "0"),
		Pattern:       e.RouteKey,
	}).WithContext(ctx)
	r.RequestURI = r.URL.RequestURI()
	if body == "" {
		r.Body = http.NoBody
	}
	for name, value := range e.PathParameters {
		r.SetPathValue(name, value)
	}
	return r, unreadable
}

// path returns the decoded path without what stands before the route: the stage,
// unless that is $default, and the base path at which a domain of the user's has
// the API (its API mapping key). rawPath has both.
func path(e events.APIGatewayV2HTTPRequest) string {
	p := withoutStage(e)
	_, route, ok := strings.Cut(e.RouteKey, " ")
	if !ok || strings.Contains(route, "+}") {
		return p // $default and greedy routes: only the route's own end tells where it begins
	}
	if route == "/" {
		return "/"
	}
	// A route matches whole segments, and a base path stands before all of them.
	segments, own := strings.Split(p, "/"), strings.Count(route, "/")
	if extra := len(segments) - 1 - own; extra > 0 {
		return "/" + strings.Join(segments[1+extra:], "/")
	}
	return p
}

func withoutStage(e events.APIGatewayV2HTTPRequest) string {
	p := e.RawPath
	if s := e.RequestContext.Stage; s != "" && s != "$default" {
		if rest, ok := strings.CutPrefix(p, "/"+s); ok && (rest == "" || rest[0] == '/') {
			p = rest
		}
	}
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	return p
}

// header does not split values at commas. "X-Device-Name: Ann's phone, blue" is
// one value, and only the code that reads a header knows what a comma means.
func header(e events.APIGatewayV2HTTPRequest) http.Header {
	h := make(http.Header, len(e.Headers)+2)
	for name, value := range e.Headers {
		h[http.CanonicalHeaderKey(name)] = []string{value}
	}
	// http.Server removes the first three. The request id comes from the gateway.
	for _, name := range []string{"Host", "Transfer-Encoding", "Trailer", requestIDHeader} {
		h.Del(name)
	}
	if len(e.Cookies) > 0 {
		h.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	if id := e.RequestContext.RequestID; id != "" {
		h.Set(requestIDHeader, id)
	}
	return h
}

func host(e events.APIGatewayV2HTTPRequest) string {
	for name, value := range e.Headers {
		if strings.EqualFold(name, "Host") {
			return value
		}
	}
	return e.RequestContext.DomainName
}

// isToken reports whether s is a token (RFC 9110 §5.6.2), which is the form of
// methods and header names.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}
