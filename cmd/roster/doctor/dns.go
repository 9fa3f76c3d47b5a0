package doctor

import (
	"context"
	"errors"
	"net"
	"strings"
)

// dmarc looks for the policy of the domain, or of the domain above it (RFC 7489
// §6.6.3).
func (s Subject) dmarc(ctx context.Context, domain string) Finding {
	const check = "mail: DMARC"
	for above := domain; strings.Contains(above, "."); _, above, _ = strings.Cut(above, ".") {
		record, err := s.record(ctx, "_dmarc."+above, "v=DMARC1")
		switch {
		case err != nil:
			return notChecked(check, "DNS does not answer", "run it again where DNS works")
		case record == "":
			continue
		case strings.Contains(strings.ReplaceAll(record, " ", ""), "p=none"):
			return warning(check, "the policy of "+above+" only reports (p=none)", "write p=quarantine when the reports show that all of your mails pass")
		}
		return ok(check, above+" has a policy")
	}
	return warning(check, domain+" has no policy, so others can send in its name, and some providers refuse its mails",
		`add the TXT record _dmarc.`+domain+` "v=DMARC1; p=quarantine; rua=mailto:…"`)
}

// spf looks for the record that says who may send for the domain (RFC 7208).
func (s Subject) spf(ctx context.Context, domain string) Finding {
	const check = "mail: SPF"
	switch record, err := s.record(ctx, domain, "v=spf1"); {
	case err != nil:
		return notChecked(check, "DNS does not answer", "run it again where DNS works")
	case record == "":
		return warning(check, domain+" has no record", `add the TXT record `+domain+` "v=spf1 include:… -all" that your mail provider shows`)
	case strings.Contains(record, "+all"):
		return warning(check, "the record of "+domain+" lets everybody send (+all)", "end it with -all")
	}
	return ok(check, domain+" has a record")
}

// record returns the TXT record that begins with the tag, "" if there is none.
func (s Subject) record(ctx context.Context, name, tag string) (string, error) {
	records, err := s.DNS.LookupTXT(ctx, name)
	var dns *net.DNSError
	if err != nil && !(errors.As(err, &dns) && dns.IsNotFound) {
		return "", err
	}
	for _, record := range records {
		if strings.HasPrefix(strings.ToLower(record), strings.ToLower(tag)) {
			return record, nil
		}
	}
	return "", nil
}
