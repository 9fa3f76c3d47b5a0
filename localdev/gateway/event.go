package gateway

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// newEvent describes the request in payload format 2.0.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
func newEvent(r *http.Request, path, routeKey string, params map[string]string, body []byte) events.APIGatewayV2HTTPRequest {
	now := time.Now().UTC()
	ip := sourceIP(r)
	prefix, _, _ := strings.Cut(r.Host, ".")
	e := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: routeKey, RawPath: path, RawQueryString: validUTF8(r.URL.RawQuery), Cookies: cookies(r),
		Headers: headers(r, ip, len(body), now), QueryStringParameters: query(r.URL), PathParameters: params,
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: routeKey, AccountID: "000000000000", APIID: "local", Stage: "$default", RequestID: requestID(),
			DomainName: validUTF8(r.Host), DomainPrefix: validUTF8(prefix), Time: now.Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: r.Method, Path: path, Protocol: r.Proto, SourceIP: ip, UserAgent: validUTF8(r.UserAgent()),
			},
		},
	}
	e.Body = string(body)
	if len(body) > 0 && !(isText(r.Header.Get("Content-Type")) && utf8.Valid(body)) {
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return e
}

// deliveredPath returns the path as a function receives it from API Gateway. Live
// HTTP APIs decode the path, cut it at a ? that the decoding produced, and decode
// it again. So %2F and %252F both divide segments, and %25 alone is a bad request.
func deliveredPath(u *url.URL) (string, error) {
	path, _, _ := strings.Cut(u.Path, "?")
	path, err := url.PathUnescape(path)
	if err == nil && !strings.HasPrefix(path, "/") {
		err = errors.New("the path does not start with a slash")
	}
	return validUTF8(path), err
}

// headers returns the event's headers: names in lower case, several values joined
// by commas, and the headers that API Gateway adds. Cookies are separate.
func headers(r *http.Request, ip string, length int, now time.Time) map[string]string {
	h := map[string]string{}
	for name, values := range r.Header {
		h[strings.ToLower(name)] = validUTF8(strings.Join(values, ","))
	}
	for _, name := range []string{"cookie", "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"} {
		delete(h, name)
	}
	forwarded := ip
	if before := h["x-forwarded-for"]; before != "" {
		forwarded = before + ", " + ip
	}
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		port = "80"
	}
	h["host"] = validUTF8(r.Host)
	h["content-length"] = strconv.Itoa(length)
	h["x-forwarded-for"], h["x-forwarded-port"], h["x-forwarded-proto"] = forwarded, port, "http"
	h["x-amzn-trace-id"] = fmt.Sprintf("Root=1-%08x-%s", now.Unix(), hex.EncodeToString(randomBytes(12)))
	return h
}

func cookies(r *http.Request) []string {
	var list []string
	for _, line := range r.Header["Cookie"] {
		for c := range strings.SplitSeq(line, ";") {
			if c = strings.TrimSpace(c); c != "" {
				list = append(list, validUTF8(c))
			}
		}
	}
	return list
}

func query(u *url.URL) map[string]string {
	values := u.Query()
	if len(values) == 0 {
		return nil
	}
	q := make(map[string]string, len(values))
	for name, v := range values {
		q[validUTF8(name)] = validUTF8(strings.Join(v, ","))
	}
	return q
}

// sourceIP returns the address of the connection. Headers do not count, because a
// client can send any.
func sourceIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	host, _, _ = strings.Cut(host, "%") // the zone of a link-local address
	return host
}

// isText reports whether API Gateway passes a body of this type on as text. Forms
// are passed on in base64.
func isText(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	switch {
	case contentType == "":
		return true
	case err != nil:
		return false
	}
	return strings.HasPrefix(media, "text/") || media == "application/json" || media == "application/xml" || media == "application/javascript"
}

// validUTF8 replaces invalid UTF-8, which the event's JSON cannot hold.
func validUTF8(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func requestID() string { return base64.URLEncoding.EncodeToString(randomBytes(11)) }

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
