package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"roster/shared/api"
	"roster/shared/web"
)

// readyTheSecondTime fails the first time and then returns the handler.
func readyTheSecondTime(h http.Handler) func(context.Context) (http.Handler, error) {
	asked := 0
	return func(context.Context) (http.Handler, error) {
		if asked++; asked == 1 {
			return nil, errors.New("the canary is out")
		}
		return h, nil
	}
}

func TestRequestsAnswer503UntilTheSecretsAreRead(t *testing.T) {
	t.Parallel()
	const unavailable = "The service is not available right now. Please try again."
	h := web.WaitForSecrets(readyTheSecondTime(web.NotFound(func(string) []string { return nil })))
	a := send(t, h, "GET", "/x", "")
	a.wants(t, "before", 503, problem(503, "unavailable", unavailable))
	for name, want := range map[string]string{"Retry-After": "2", "Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	a = send(t, h, "GET", "/x", "")
	a.wants(t, "after", 404, problem(404, "not_found", "There is nothing at this path."))

	h = api.WaitForSecretsPage(readyTheSecondTime(http.NotFoundHandler()))
	a = send(t, h, "GET", "/reset_password", "")
	if text := string(a.body); a.status != 503 || !strings.Contains(text, `role="alert">`+unavailable) || strings.Contains(text, "canary") || a.header.Get("Retry-After") != "2" {
		t.Errorf("the page, %d, Retry-After %q: %s", a.status, a.header.Get("Retry-After"), a.body)
	}
	if policy := a.header.Get("Content-Security-Policy"); !strings.Contains(policy, "style-src 'sha256-") {
		t.Errorf("its policy is %q", policy)
	}
	if a = send(t, h, "GET", "/reset_password", ""); a.status != 404 {
		t.Errorf("after: %d", a.status)
	}
}

// The function behind the call and the page answers each in its own form.
func TestForgotPasswordAnswers503UntilTheSecretsAreRead(t *testing.T) {
	t.Parallel()
	const unavailable = "The service is not available right now. Please try again."
	wait := func() http.Handler {
		return api.WaitForSecretsForgotPassword(readyTheSecondTime(http.NotFoundHandler()))
	}
	send(t, wait(), "POST", "/api/user/forget_password", `{}`).wants(t, "the call", 503, problem(503, "unavailable", unavailable))
	h := wait()
	a := send(t, h, "GET", "/forgot_password", "")
	if a.status != 503 || !strings.Contains(a.body, `role="alert">`+unavailable) || strings.Contains(a.body, "canary") || a.header.Get("Retry-After") != "2" {
		t.Errorf("the page, %d, Retry-After %q: %s", a.status, a.header.Get("Retry-After"), a.body)
	}
	if a = send(t, h, "GET", "/forgot_password", ""); a.status != 404 {
		t.Errorf("after: %d", a.status)
	}
}
