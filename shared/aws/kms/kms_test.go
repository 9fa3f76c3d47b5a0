package kms_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"roster/localdev/awstest"
	"roster/shared/aws/kms"
)

const (
	keyARN    = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
	secretARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:roster-AbCdEf"
)

var plain = []byte("canary-private-key")

// wrapPlain returns a server that plays KMS, its key, and plain wrapped by it.
func wrapPlain(t *testing.T) (*awstest.Server, *kms.Key, []byte) {
	t.Helper()
	server := awstest.New(t)
	server.AddKey(keyARN)
	key := kms.New(server.Config(), keyARN, secretARN)
	w, err := key.Wrap(t.Context(), "kid", plain)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(w, plain) {
		t.Fatal("nothing is wrapped")
	}
	return server, key, w
}

func TestUnwrapReturnsWhatWasWrapped(t *testing.T) {
	t.Parallel()
	server, key, w := wrapPlain(t)
	for name, k := range map[string]*kms.Key{"the same key": key, "no key's ARN": kms.New(server.Config(), "", secretARN)} {
		if got, err := k.Unwrap(t.Context(), "kid", w); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestAWrappedKeyIsBoundToItsKidAndSecret(t *testing.T) {
	t.Parallel()
	server, key, w := wrapPlain(t)
	broken := append([]byte(nil), w...)
	broken[len(broken)-1] ^= 1
	for name, c := range map[string]struct {
		key *kms.Key
		kid string
		w   []byte
	}{
		"another kid":      {key, "other", w},
		"another secret":   {kms.New(server.Config(), keyARN, secretARN+"x"), "kid", w},
		"a changed byte":   {key, "kid", broken},
		"not a ciphertext": {key, "kid", []byte("AAAA")},
	} {
		if got, err := c.key.Unwrap(t.Context(), c.kid, c.w); !errors.Is(err, kms.ErrInvalid) || got != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestFailuresAreClassified(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failure awstest.Failure
		want    error
	}{
		"denied":    {awstest.AccessDenied, kms.ErrAccessDenied},
		"an outage": {awstest.ServerError, kms.ErrUnavailable},
		"throttled": {awstest.Failure{Status: 400, Code: "ThrottlingException", Message: "Rate exceeded"}, kms.ErrUnavailable},
		"disabled":  {awstest.Failure{Status: 400, Code: "DisabledException", Message: "disabled"}, kms.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, key, w := wrapPlain(t)
			server.Fail(awstest.Decrypt, awstest.Times(9, c.failure)...)
			server.Fail(awstest.Encrypt, awstest.Times(9, c.failure)...)
			if _, err := key.Unwrap(t.Context(), "kid", w); !errors.Is(err, c.want) {
				t.Errorf("Unwrap: %v, want %v", err, c.want)
			}
			if _, err := key.Wrap(t.Context(), "kid", plain); !errors.Is(err, c.want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("Wrap: %v, want %v", err, c.want)
			}
		})
	}
}

func TestOnlyTransientFailuresAreRetried(t *testing.T) {
	t.Parallel()
	server, key, w := wrapPlain(t)
	throttle := awstest.Failure{Status: 400, Code: "ThrottlingException", Message: "Rate exceeded"}
	for name, failures := range map[string][]awstest.Failure{
		"an outage":       {awstest.ServerError},
		"throttled twice": {throttle, throttle},
		"a hang":          {awstest.Hang},
	} {
		server.Fail(awstest.Decrypt, failures...)
		calls := server.Calls(awstest.Decrypt)
		if got, err := key.Unwrap(t.Context(), "kid", w); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if n := server.Calls(awstest.Decrypt) - calls; n != len(failures)+1 {
			t.Errorf("%s: %d calls", name, n)
		}
	}
	server.Fail(awstest.Decrypt, awstest.AccessDenied)
	calls := server.Calls(awstest.Decrypt)
	if _, err := key.Unwrap(t.Context(), "kid", w); err == nil || server.Calls(awstest.Decrypt)-calls != 1 {
		t.Errorf("a refusal is retried: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	server.Fail(awstest.Decrypt, awstest.Times(3, awstest.Hang)...)
	if _, err := key.Unwrap(ctx, "kid", w); !errors.Is(err, kms.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after the caller's timeout: %v", err)
	}
}

func TestAResponseThatIsNotJSONIsAnError(t *testing.T) {
	t.Parallel()
	server, key, w := wrapPlain(t)
	server.Fail(awstest.Decrypt, awstest.Times(3, awstest.Garbage)...)
	if got, err := key.Unwrap(t.Context(), "kid", w); !errors.Is(err, kms.ErrUnavailable) || got != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTheDefaultEndpointIsThatOfTheRegion(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"eu-central-1": "kms.eu-central-1.amazonaws.com",
		"cn-north-1":   "kms.cn-north-1.amazonaws.com.cn",
	} {
		var called string
		cfg := awstest.New(t).Config()
		cfg.Region, cfg.BaseEndpoint, cfg.ConfigSources = region, nil, nil
		cfg.HTTPClient = clientFunc(func(r *http.Request) (*http.Response, error) {
			called = r.URL.String()
			if r.Header.Get("Authorization") == "" || r.Header.Get("X-Amz-Security-Token") == "" {
				t.Error("the request is not signed")
			}
			return nil, errors.New("no network")
		})
		if _, err := kms.New(cfg, "", secretARN).Unwrap(t.Context(), "kid", []byte("x")); !errors.Is(err, kms.ErrUnavailable) ||
			called != "https://"+want+"/" {
			t.Errorf("called %s: %v", called, err)
		}
	}
}

type clientFunc func(*http.Request) (*http.Response, error)

func (f clientFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

func TestWrapNeedsAKeyThatExists(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	if _, err := kms.New(server.Config(), keyARN, secretARN).Wrap(t.Context(), "kid", plain); !errors.Is(err, kms.ErrNotFound) {
		t.Error(err)
	}
	if _, err := kms.New(server.Config(), "", secretARN).Wrap(t.Context(), "kid", plain); err == nil {
		t.Error("wrapped without a key's ARN")
	}
}
