// Package breach asks a service of the kind of Have I Been Pwned whether a
// password is known from a breach. The service learns the first 5 of the 40
// hexadecimal digits of its SHA-1, which some thousand passwords share
// (k-anonymity; "Searching by range" in the API's documentation).
//
// It refuses to guess: when the service does not answer in time, or with
// anything else than a range, that is an error, and the caller decides. No
// error holds the password or a part of its hash.
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
	timeout   = time.Second // for all of it, connecting and reading included
	prefixLen = 5
	// maxBody bounds what is read. A range has 2,000 rows or fewer, of some 40
	// bytes.
	maxBody = 512 << 10
)

// Ranges is one service. It is safe for concurrent use.
type Ranges struct {
	base   string
	client *http.Client
}

// New returns the service whose ranges are at base followed by 5 hexadecimal
// digits, such as https://api.pwnedpasswords.com/range/. Plain http is for this
// machine only: who listens in would learn which 5 digits belong to whom.
func New(base string) (*Ranges, error) {
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !strings.HasSuffix(u.Path, "/") ||
		u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return nil, errors.New("must be an https URL that ends in a slash, such as https://api.pwnedpasswords.com/range/")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// Passwords are set rarely. A connection kept from the last one would have
	// been frozen with its function, and be dead without knowing.
	transport.DisableKeepAlives = true
	return &Ranges{base: base, client: &http.Client{
		Transport:     transport,
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Known reports whether the service knows the password, within a second.
func (r *Ranges) Known(ctx context.Context, password string) (bool, error) {
	sum := sha1.Sum([]byte(norm.NFC.String(password))) // #nosec G401 -- see the import
	digits := strings.ToUpper(hex.EncodeToString(sum[:]))
	prefix, rest := digits[:prefixLen], digits[prefixLen:]
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+prefix, nil)
	if err != nil {
		return false, fmt.Errorf("ask for a range: %w", hidden(err))
	}
	request.Header.Set("Add-Padding", "true") // hides the number of rows from who sees the answer's length
	request.Header.Set("User-Agent", "roster")
	answer, err := r.client.Do(request)
	if err != nil {
		return false, fmt.Errorf("ask for a range: %w", hidden(err))
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return false, fmt.Errorf("ask for a range: the answer's status is %d", answer.StatusCode)
	}
	return find(answer.Body, rest)
}

// hidden takes the URL, whose last part is of the password's hash, out of what
// net/http says.
func hidden(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

var errForm = errors.New("read a range: it does not have the form of one")

// find looks for a row of the rest of a hash, and reads on to the end so that
// half an answer is none. A count of 0 is padding.
func find(body io.Reader, rest string) (found bool, err error) {
	limited := &io.LimitedReader{R: body, N: maxBody + 1}
	rows := bufio.NewScanner(limited)
	for n := 0; rows.Scan(); n++ {
		digits, count, ok := strings.Cut(rows.Text(), ":")
		times, err := strconv.ParseUint(count, 10, 64)
		if !ok || err != nil || len(digits) != len(rest) {
			return false, errForm
		}
		found = found || times > 0 && strings.EqualFold(digits, rest)
	}
	switch err := rows.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return false, errForm
	case err != nil:
		return false, fmt.Errorf("read a range: %w", hidden(err))
	case limited.N == 0:
		return false, fmt.Errorf("read a range: it has more than %d KiB", maxBody>>10)
	}
	return found, nil
}
