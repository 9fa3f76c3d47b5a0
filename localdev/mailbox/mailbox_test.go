package mailbox_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"roster/localdev/awstest"
	"roster/localdev/mailbox"
)

func two() []awstest.Mail {
	return []awstest.Mail{
		{From: "a@example.com", To: "b@example.com", Subject: "First", Text: "See https://example.com/?a=1&b=2 <now>", HTML: "<p>first</p>"},
		{From: "a@example.com", To: "c@example.com", Subject: "Second", Text: "none", HTML: "<script>alert(1)</script>"},
	}
}

func get(t *testing.T, path, smtpServer string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	mailbox.New(two, smtpServer).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
	return w
}

func TestTheNewestMailIsFirst(t *testing.T) {
	t.Parallel()
	page := get(t, mailbox.Path, "").Body.String()
	first, second := strings.Index(page, "First"), strings.Index(page, "Second")
	if second < 0 || first < second {
		t.Errorf("the page is:\n%s", page)
	}
}

func TestLinksCanBeFollowedAndTheRestIsText(t *testing.T) {
	t.Parallel()
	page := get(t, mailbox.Path, "").Body.String()
	if want := `<a href="https://example.com/?a=1&amp;b=2">https://example.com/?a=1&amp;b=2</a> &lt;now&gt;`; !strings.Contains(page, want) {
		t.Errorf("there is no %s in:\n%s", want, page)
	}
}

func TestAMailIsShownWithoutScripts(t *testing.T) {
	t.Parallel()
	w := get(t, mailbox.Path+"/2", "")
	policy := w.Header().Get("Content-Security-Policy")
	if w.Body.String() != two()[1].HTML || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "sandbox") || strings.Contains(policy, "allow-scripts") {
		t.Errorf("the policy %q, the body %q", policy, w.Body)
	}
}

func TestAMailThatIsNotThere(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"0", "3", "-1", "x", "", "1/2"} {
		if w := get(t, mailbox.Path+"/"+number, ""); w.Code != 404 {
			t.Errorf("%q: status %d", number, w.Code)
		}
	}
}

func TestItNamesTheServerThatTakesTheMailInstead(t *testing.T) {
	t.Parallel()
	if page := get(t, mailbox.Path, "smtp.example.com").Body.String(); !strings.Contains(page, "smtp.example.com") {
		t.Errorf("the page is:\n%s", page)
	}
}
