package doctor_test

import (
	"fmt"
	"net"
	"testing"

	"roster/cmd/roster/doctor"
)

// goodDNS has what the sender example.com needs.
var goodDNS = map[string]string{"_dmarc.example.com": "v=DMARC1; p=quarantine", "example.com": "v=spf1 include:amazonses.com -all", "mail.example.com": "v=spf1 include:amazonses.com ~all"}

// bySES is a deployment that mails through SES.
func bySES(t *testing.T, c *cloud, dns map[string]string) doctor.Subject {
	t.Helper()
	s := subject(t, variables(map[string]string{"MAIL_SERVER": "", "MAIL_FROM": "Roster <no-reply@example.com>"}))
	s.DNS = resolver(t, dns)
	return c.use(t, s)
}

func TestGoodMail(t *testing.T) {
	t.Parallel()
	c := goodCloud()
	c.identities["example.com"] = identity(map[string]any{"MailFromAttributes": map[string]any{"MailFromDomain": "mail.example.com", "MailFromDomainStatus": "SUCCESS", "BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}})
	s := bySES(t, c, goodDNS)
	for check, says := range map[string]string{
		"mail: SES sends": "yes", "mail: SES sandbox": "left; 50000 mails a day, 12 of them used", "mail: identity": "example.com is verified",
		"mail: DKIM": "mails of example.com are signed", "mail: DMARC": "example.com has a policy", "mail: SPF": "mail.example.com has a record",
	} {
		expect(t, s, check, doctor.OK, says)
	}
}

func TestBadMail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*cloud)
		check  string
		want   doctor.Status
		says   string
	}{
		"stopped":        {func(c *cloud) { c.account["SendingEnabled"] = false }, "mail: SES sends", doctor.Failed, "SES does not send for this account"},
		"on probation":   {func(c *cloud) { c.account["EnforcementStatus"] = "PROBATION" }, "mail: SES sends", doctor.Warning, "on probation"},
		"in the sandbox": {func(c *cloud) { c.account["ProductionAccessEnabled"] = false }, "mail: SES sandbox", doctor.Warning, "request production access"},
		"no identity":    {func(c *cloud) { clear(c.identities) }, "mail: identity", doctor.Failed, "neither example.com nor no-reply@example.com is an identity"},
		"not verified":   {func(c *cloud) { c.identities["example.com"]["VerifiedForSendingStatus"] = false }, "mail: identity", doctor.Failed, "example.com is not verified"},
		"the address":    {func(c *cloud) { c.identities["no-reply@example.com"] = identity(nil) }, "mail: identity", doctor.OK, "no-reply@example.com is verified"},
		"no DKIM":        {func(c *cloud) { delete(c.identities["example.com"], "DkimAttributes") }, "mail: DKIM", doctor.Warning, "are not signed"},
		"DKIM pending": {func(c *cloud) {
			c.identities["example.com"]["DkimAttributes"] = map[string]any{"SigningEnabled": true, "Status": "PENDING"}
		}, "mail: DKIM", doctor.Warning, "add its three CNAME records"},
		"no AWS":    {func(c *cloud) { c.broken = true }, "mail: SES", doctor.NotChecked, "does not answer as it should"},
		"no rights": {func(c *cloud) { c.denied = "ses" }, "mail: SES", doctor.NotChecked, "AccessDeniedException: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := goodCloud()
			c.change(cloud)
			expect(t, bySES(t, cloud, goodDNS), c.check, c.want, c.says)
		})
	}
}

func TestDNSOfTheSender(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, check string
		dns         map[string]string
		want        doctor.Status
		says        string
	}{
		"a policy above":     {"a@mail.example.com", "mail: DMARC", goodDNS, doctor.OK, "example.com has a policy"},
		"no policy":          {"a@example.com", "mail: DMARC", map[string]string{}, doctor.Warning, `add the TXT record _dmarc.example.com "v=DMARC1;`},
		"another record":     {"a@example.com", "mail: DMARC", map[string]string{"_dmarc.example.com": "hello"}, doctor.Warning, "has no policy"},
		"reports only":       {"a@example.com", "mail: DMARC", map[string]string{"_dmarc.example.com": "v=DMARC1; p = none"}, doctor.Warning, "only reports"},
		"no answer":          {"a@example.com", "mail: DMARC", nil, doctor.NotChecked, "DNS does not answer"},
		"SPF":                {"a@example.com", "mail: SPF", goodDNS, doctor.OK, "example.com has a record"},
		"no SPF":             {"a@example.com", "mail: SPF", map[string]string{}, doctor.Warning, "example.com has no record"},
		"SPF for everybody":  {"a@example.com", "mail: SPF", map[string]string{"example.com": "v=spf1 +all"}, doctor.Warning, "lets everybody send"},
		"no answer about it": {"a@example.com", "mail: SPF", nil, doctor.NotChecked, "DNS does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := subject(t, variables(map[string]string{"MAIL_FROM": c.from}))
			s.DNS = resolver(t, c.dns)
			expect(t, s, c.check, c.want, c.says)
		})
	}
	expect(t, subject(t, variables(map[string]string{"MAIL_FROM": ""})), "mail", doctor.Failed, "MAIL_FROM is missing")
	expect(t, subject(t, variables(map[string]string{"MAIL_FROM": "Roster"})), "mail", doctor.Failed, "MAIL_FROM is not an e-mail address")
}

// A mail server greets when somebody connects.
func TestTheMailServer(t *testing.T) {
	t.Parallel()
	for greeting, want := range map[string]doctor.Status{"220 mail.example.com ESMTP\r\n": doctor.OK, "HTTP/1.1 400 Bad Request\r\n": doctor.Failed, "": doctor.Failed} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Write([]byte(greeting))
				_ = conn.Close()
			}
		}()
		port := fmt.Sprint(listener.Addr().(*net.TCPAddr).Port)
		s := subject(t, variables(map[string]string{"MAIL_PORT": port}))
		expect(t, s, "mail: SMTP server", want, "127.0.0.1:"+port)
		_ = listener.Close()
	}
	s := subject(t, variables(map[string]string{"MAIL_PORT": "1"}))
	expect(t, s, "mail: SMTP server", doctor.Failed, "cannot be reached: connection refused -> correct MAIL_SERVER and MAIL_PORT")
}
