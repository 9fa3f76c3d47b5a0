package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"roster"
)

// renewBefore is how long before its end a certificate should have been renewed.
const renewBefore = 14 * 24 * time.Hour

// address examines the address that people use.
func (s Subject) address(ctx context.Context) []Finding {
	const check = "address"
	address := strings.TrimSuffix(s.URL, "/")
	if address == "" && s.Env != nil {
		address = s.Env.Scoped().PublicURL()
	}
	if address == "" {
		return []Finding{notChecked(check, "it is not known", "give --url, or set PUBLIC_URL")}
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return []Finding{failed(check, "PUBLIC_URL is no URL", "set it to an address such as https://accounts.example.com")}
	}
	all := []Finding{scheme(u)}
	health, err := s.get(ctx, address+"/healthz")
	if err != nil {
		return append(all, failed("address: reachable", err.Error(), "check the DNS entry, the certificate, and that the API's own address is not turned off (DisableApiEndpoint)"))
	}
	return append(all, healthy(health), s.certificate(health), s.addressClock(health), s.issuer(ctx, address))
}

func scheme(u *url.URL) Finding {
	const check = "address: https"
	ip, err := netip.ParseAddr(u.Hostname())
	switch {
	case u.Scheme == "https":
		return ok(check, u.String())
	case u.Hostname() == "localhost" || err == nil && ip.IsLoopback():
		return warning(check, u.String()+" is for this machine only", "set PUBLIC_URL to the https address of the deployment")
	}
	return failed(check, "passwords and tokens go over the network in clear text", "set PUBLIC_URL to an https address")
}

// answer is an answer, and when it was asked for and came.
type answer struct {
	*http.Response
	body          []byte
	before, after time.Time
}

func (s Subject) get(ctx context.Context, address string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("User-Agent", "roster/"+roster.Version)
	a := answer{before: s.Now()}
	if a.Response, err = s.HTTP.Do(r); err != nil {
		if inner := (*url.Error)(nil); errors.As(err, &inner) {
			err = inner.Err
		}
		return a, err
	}
	defer func() { _ = a.Body.Close() }()
	a.after = s.Now()
	a.body, err = io.ReadAll(io.LimitReader(a.Body, 1<<20))
	return a, err
}

func healthy(a answer) Finding {
	const check = "address: /healthz"
	var health struct{ Version string }
	switch err := json.Unmarshal(a.body, &health); {
	case a.StatusCode == http.StatusServiceUnavailable:
		return failed(check, "it answers 503: the functions do not reach a database that takes writes", "see the finding about the database, and docs/operate.md#watch for the functions' own reason")
	case a.StatusCode != http.StatusOK || err != nil || health.Version == "":
		return failed(check, fmt.Sprintf("it answers %d, and not as Roster does", a.StatusCode), "let the address lead to the API: docs/deploy.md")
	case health.Version != roster.Version:
		return warning(check, "it runs Roster "+health.Version+", and this command is "+roster.Version, "use the command of the release that is deployed, or deploy this one")
	}
	return ok(check, "it runs Roster "+health.Version)
}

func (s Subject) certificate(a answer) Finding {
	const check = "address: certificate"
	if a.TLS == nil || len(a.TLS.PeerCertificates) == 0 {
		return notChecked(check, "there is no TLS", "set PUBLIC_URL to an https address")
	}
	end := a.TLS.PeerCertificates[0].NotAfter
	found := "it is valid until " + end.UTC().Format(time.DateOnly)
	if end.Before(s.Now().Add(renewBefore)) {
		return warning(check, found, "renew it; with ACM, see why its validation by DNS does not")
	}
	return ok(check, found)
}

func (s Subject) addressClock(a answer) Finding {
	const check = "address: clock"
	theirs, err := http.ParseTime(a.Header.Get("Date"))
	if err != nil {
		return notChecked(check, "the answer has no Date", "see what stands before the API and takes it out")
	}
	return judgeClock(check, theirs, a.before, a.after, time.Second)
}

// issuer compares the address with the one that the functions believe to have, which
// is in each token and each mailed link.
func (s Subject) issuer(ctx context.Context, address string) Finding {
	const check = "address: PUBLIC_URL of the functions"
	a, err := s.get(ctx, address+"/.well-known/openid-configuration")
	if err != nil {
		return failed(check, err.Error(), "check the functions' log: docs/operate.md#watch")
	}
	var discovery struct{ Issuer string }
	if err := json.Unmarshal(a.body, &discovery); err != nil || a.StatusCode != http.StatusOK || discovery.Issuer == "" {
		return failed(check, fmt.Sprintf("/.well-known/openid-configuration answers %d, and no issuer", a.StatusCode), "invoke rotate_keys, which makes the keys: docs/keys.md")
	}
	if discovery.Issuer != address {
		return failed(check, "it is "+discovery.Issuer+", so mailed links lead there", "deploy with PublicUrl="+address+", or give --url "+discovery.Issuer)
	}
	return ok(check, discovery.Issuer)
}
