// Package breach asks a service with the API of Have I Been Pwned whether a
// password is known from a breach. It sends only the first 5 of the 40
// hexadecimal digits of the password's SHA-1. About a thousand breached passwords
// share them (k-anonymity; "Searching by range" in the API's documentation).
//
//	client, err := breach.New("https://api.pwnedpasswords.com/range/")
//	known, err := client.Known(ctx, "password123")
//
// It refuses to guess: if the service does not answer in time, or answers
// anything but a range, Known returns an error, and the caller decides. No error
// shows the password or a part of its hash.
package breach

import (
	"bufio"
	"context"
	"crypto/sha1" // #nosec G505 -- the range API is defined over SHA-1; nothing is protected by it
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

const (
	timeout      = time.Second // of a request, from the connect to the last byte
	prefixDigits = 5
	// maxBody is in bytes. A range has at most 2,000 lines of some 40 bytes.
	maxBody = 512 << 10
)

// Client asks one service. It is safe for concurrent use.
type Client struct {
	base   string
	client *http.Client
}

// New returns a client of the service at a URL such as
// https://api.pwnedpasswords.com/range/. The client appends the 5 digits to it.
// New accepts plain http only for the local machine, because a listener on the
// network would see the digits.
func New(base string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !strings.HasSuffix(u.Path, "/") ||
		u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return nil, errors.New("must be an https URL that ends in a slash, such as https://api.pwnedpasswords.com/range/")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// Passwords are set rarely, and Lambda freezes a function between requests. A
	// connection from the last request would be closed by now.
	transport.DisableKeepAlives = true
	return &Client{base: base, client: &http.Client{
		Transport:     transport,
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Known reports whether the service knows the password. It takes at most a
// second.
func (c *Client) Known(ctx context.Context, password string) (bool, error) {
	sum := sha1.Sum([]byte(norm.NFC.String(password))) // #nosec G401 -- see the import
	digits := strings.ToUpper(hex.EncodeToString(sum[:]))
	prefix, suffix := digits[:prefixDigits], digits[prefixDigits:]
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+prefix, nil)
	if err != nil {
		return false, fmt.Errorf("ask for a range: %w", withoutURL(err))
	}
	request.Header.Set("Add-Padding", "true") // the length of the response must not show the number of lines
	request.Header.Set("User-Agent", "roster")
	response, err := c.client.Do(request)
	if err != nil {
		return false, fmt.Errorf("ask for a range: %w", withoutURL(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return false, fmt.Errorf("ask for a range: the response has status %d", response.StatusCode)
	}
	return findSuffix(response.Body, suffix)
}

// withoutURL removes the URL from an error of net/http, because it ends with
// digits of the password's hash.
func withoutURL(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

var errMalformed = errors.New("read a range: the response is not one")

// findSuffix reports whether a line has the suffix and a count above 0; a count
// of 0 is padding. It reads to the end, so that an incomplete response is an
// error.
func findSuffix(body io.Reader, suffix string) (found bool, err error) {
	limited := &io.LimitedReader{R: body, N: maxBody + 1}
	lines := bufio.NewScanner(limited)
	for lines.Scan() {
		digits, count, ok := strings.Cut(lines.Text(), ":")
		times, err := strconv.ParseUint(count, 10, 64)
		if !ok || err != nil || len(digits) != len(suffix) {
			return false, errMalformed
		}
		found = found || times > 0 && strings.EqualFold(digits, suffix)
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return false, errMalformed
	case err != nil:
		return false, fmt.Errorf("read a range: %w", withoutURL(err))
	case limited.N == 0:
		return false, fmt.Errorf("read a range: it has more than %d KiB", maxBody>>10)
	}
	return found, nil
}
