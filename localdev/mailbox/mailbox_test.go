package mailbox_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"roster/localdev/awstest"
	"roster/localdev/mailbox"
)

func open(t *testing.T, file string) *mailbox.Box {
	t.Helper()
	box, err := mailbox.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// two returns a box with two mails.
func two(t *testing.T) *mailbox.Box {
	t.Helper()
	box := open(t, filepath.Join(t.TempDir(), "mails.json"))
	box.Add(awstest.Mail{
		From: "a@example.com", To: "b@example.com", Subject: "First", Text: "See https://example.com/?a=1&b=2 <now>",
		HTML: "<!DOCTYPE html><html><head><title>x</title></head><body><p>first</p></body></html>",
	})
	box.Add(awstest.Mail{From: "a@example.com", To: "c@example.com", Subject: "<b>Second</b>", Text: "none", HTML: "<script>alert(1)</script>"})
	return box
}

func get(t *testing.T, box *mailbox.Box, path, smtpServer string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	mailbox.New(box, smtpServer).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
	return w
}

func TestTheListHasTheNewestMailFirstAndTimes(t *testing.T) {
	t.Parallel()
	page := get(t, two(t), mailbox.Path, "").Body.String()
	first, second := strings.Index(page, "<b>First</b>"), strings.Index(page, "<b>&lt;b&gt;Second&lt;/b&gt;</b>")
	if second < 0 || first < second {
		t.Errorf("the page is:\n%s", page)
	}
	times := regexp.MustCompile(`<time datetime="20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ">\d+ [A-Z][a-z]{2} 20\d\d, \d\d:\d\d:\d\d</time>`).FindAllString(page, -1)
	if len(times) != 2 {
		t.Errorf("times: %q in\n%s", times, page)
	}
}

func TestAMailShowsItsHTMLFirstAndItsTextBeside(t *testing.T) {
	t.Parallel()
	w := get(t, two(t), mailbox.Path+"/1", "")
	page := w.Body.String()
	frame := strings.Index(page, `<iframe src="/_mail/1/html"`)
	text := strings.Index(page, `<a href="https://example.com/?a=1&amp;b=2">https://example.com/?a=1&amp;b=2</a> &lt;now&gt;`)
	if frame < 0 || text < frame || !strings.Contains(page, `<a class="button" href="https://example.com/?a=1&amp;b=2">`) {
		t.Errorf("the page is:\n%s", page)
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
}

// The links open in the whole tab, because the pages that they lead to refuse to
// be framed; nothing else of a mail's HTML may leave its frame.
func TestTheHTMLOfAMailRunsNothing(t *testing.T) {
	t.Parallel()
	box := two(t)
	for path, want := range map[string]string{
		"/1/html": `<!DOCTYPE html><html><head><base target="_top"><title>x</title></head><body><p>first</p></body></html>`,
		"/2/html": `<base target="_top"><script>alert(1)</script>`,
	} {
		w := get(t, box, mailbox.Path+path, "")
		policy := w.Header().Get("Content-Security-Policy")
		if w.Body.String() != want || !strings.HasPrefix(policy, "default-src 'none'; ") || !strings.Contains(policy, "frame-ancestors 'self'; sandbox ") ||
			!strings.HasSuffix(policy, "allow-top-navigation-by-user-activation") {
			t.Errorf("%s: the policy %q, the body %q", path, policy, w.Body)
		}
		for _, allowed := range []string{"allow-scripts", "allow-same-origin", "allow-forms", "allow-top-navigation "} {
			if strings.Contains(policy+" ", allowed) {
				t.Errorf("%s: the policy has %s", path, allowed)
			}
		}
	}
}

func TestAMailThatIsNotThere(t *testing.T) {
	t.Parallel()
	box := two(t)
	for _, path := range []string{"/0", "/3", "/-1", "/x", "/", "/1/2", "/3/html", "/x/html"} {
		if w := get(t, box, mailbox.Path+path, ""); w.Code != 404 {
			t.Errorf("%q: status %d", path, w.Code)
		}
	}
}

func TestItNamesTheServerThatTakesTheMailInstead(t *testing.T) {
	t.Parallel()
	if page := get(t, two(t), mailbox.Path, "smtp.example.com").Body.String(); !strings.Contains(page, "smtp.example.com") {
		t.Errorf("the page is:\n%s", page)
	}
}

// Mails have links that set passwords, so only their owner may read the file.
func TestMailsAreKeptOverARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mails.json")
	open(t, file).Add(awstest.Mail{Subject: "First", To: "ann@example.com", Text: "x", HTML: "y"})
	box := open(t, file)
	before := get(t, box, mailbox.Path+"/1", "").Body.String()
	box.Add(awstest.Mail{Subject: "Second"})
	after := get(t, open(t, file), mailbox.Path, "").Body.String()
	if !strings.Contains(before, "<h1>First</h1>") || !strings.Contains(after, "First") || !strings.Contains(after, `href="/_mail/2"`) {
		t.Errorf("after a restart the mail is:\n%s\nand the list:\n%s", before, after)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 1 {
		t.Errorf("files: %v", left)
	}
}

func TestTheLastHundredMailsAreKept(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mails.json")
	box := open(t, file)
	for i := range 130 {
		box.Add(awstest.Mail{Subject: "Mail " + strconv.Itoa(i+1)})
	}
	for _, b := range []*mailbox.Box{box, open(t, file)} {
		page := get(t, b, mailbox.Path, "").Body.String()
		if n := strings.Count(page, "<li>"); n != 100 || !strings.Contains(page, ">Mail 130<") || strings.Contains(page, ">Mail 30<") {
			t.Errorf("%d mails:\n%s", n, page)
		}
		if get(t, b, mailbox.Path+"/30", "").Code != 404 || get(t, b, mailbox.Path+"/31", "").Code != 200 {
			t.Error("the numbers have moved")
		}
	}
}

func TestADamagedFileIsReported(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mails.json")
	if err := os.WriteFile(file, []byte(`[{"Number":1,`), 0o600); err != nil {
		t.Fatal(err)
	}
	box, err := mailbox.Open(file)
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v", err)
	}
	box.Add(awstest.Mail{Subject: "First"})
	if page := get(t, open(t, file), mailbox.Path, "").Body.String(); !strings.Contains(page, "First") {
		t.Errorf("the page is:\n%s", page)
	}
}

// A folder that is gone fails as a full disk does: the mail is still shown.
func TestAMailThatCannotBeWrittenIsShown(t *testing.T) {
	t.Parallel()
	box := open(t, filepath.Join(t.TempDir(), "gone", "mails.json"))
	box.Add(awstest.Mail{Subject: "First"})
	if page := get(t, box, mailbox.Path, "").Body.String(); !strings.Contains(page, "First") {
		t.Errorf("the page is:\n%s", page)
	}
}
