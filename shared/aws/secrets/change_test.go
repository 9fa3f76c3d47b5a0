package secrets_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"

	"roster/localdev/awstest"
	"roster/shared/aws/secrets"
)

func TestSetMemberKeepsAllOtherBytes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{`{}`, `{"K":{"a":1}}`},
		{` { } `, ` {"K":{"a":1} } `},
		{`{"A":"b"}`, `{"A":"b","K":{"a":1}}`},
		{"{\n  \"A\": \"b\\u00e9\",\n  \"B\": 1.50\n}\n", "{\n  \"A\": \"b\\u00e9\",\n  \"B\": 1.50,\"K\":{\"a\":1}\n}\n"},
		{`{"K":1,"A":"b"}`, `{"K":{"a":1},"A":"b"}`},
		{`{"A":"b", "K" : {"x":[1,2,"}"]} , "C":"d"}`, `{"A":"b", "K" : {"a":1} , "C":"d"}`},
		{`{"A":{"K":1}}`, `{"A":{"K":1},"K":{"a":1}}`},
		{`{"A":"\"K\":1"}`, `{"A":"\"K\":1","K":{"a":1}}`},
	} {
		got, err := secrets.SetMember(c.text, "K", `{"a":1}`)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", c.text, err, diff)
		}
	}
	for _, bad := range []string{"", "[]", "{", `{"A":}`, `{}{}`} {
		if got, err := secrets.SetMember(bad, "K", "1"); !errors.Is(err, secrets.ErrMalformed) || got != "" {
			t.Errorf("%q: %q, %v", bad, got, err)
		}
	}
	if _, err := secrets.SetMember("{}", "K", "{"); err == nil {
		t.Error("a value that is not JSON was set")
	}
}

// Whatever the secret looks like, only the one member changes.
func FuzzSetMember(f *testing.F) {
	f.Add(`{"A":"b","K":1}`)
	f.Add("{\n \"A\" : {\"K\":[]}}")
	f.Fuzz(func(t *testing.T, text string) {
		before, err := secrets.ParseMembers(text)
		if err != nil {
			return
		}
		after, err := secrets.SetMember(text, "K", `{"new":true}`)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid([]byte(after)) {
			t.Errorf("not JSON: %s", after)
		}
		got, err := secrets.ParseMembers(after)
		if err != nil {
			t.Fatal(err)
		}
		before["K"] = `{"new":true}`
		if diff := cmp.Diff(before, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		again, err := secrets.SetMember(after, "K", `{"new":true}`)
		if err != nil || again != after {
			t.Errorf("again: %q, %v; was %q", again, err, after)
		}
	})
}

// increment adds one to member N.
func increment(values map[string]string) (string, error) {
	n, err := strconv.Atoi(values["N"])
	return strconv.Itoa(n + 1), err
}

func TestChangeSetsOneMember(t *testing.T) {
	t.Parallel()
	server, secret := open(t, `{ "DATABASE_URL": "postgres://u:p\u00e9@h/d", "N": 1 }`)
	if err := secret.Change(t.Context(), "N", increment); err != nil {
		t.Fatal(err)
	}
	if got, want := server.Secret(arn), `{ "DATABASE_URL": "postgres://u:p\u00e9@h/d", "N": 2 }`; got != want {
		t.Errorf("it holds %s, want %s", got, want)
	}
	if got := server.SecretVersion(arn, "AWSPREVIOUS"); !strings.Contains(got, `"N": 1`) {
		t.Errorf("the previous version is %s", got)
	}
}

func TestWithoutANewValueNothingIsWritten(t *testing.T) {
	t.Parallel()
	server, secret := open(t, `{"N":1}`)
	failed := errors.New("failed")
	if err := secret.Change(t.Context(), "N", func(map[string]string) (string, error) { return "", nil }); err != nil {
		t.Error(err)
	}
	if err := secret.Change(t.Context(), "N", func(map[string]string) (string, error) { return "2", failed }); !errors.Is(err, failed) {
		t.Error(err)
	}
	if n := server.Calls(awstest.PutSecretValue); n != 0 || server.Secret(arn) != `{"N":1}` {
		t.Errorf("%d versions were written; it holds %s", n, server.Secret(arn))
	}
}

// Several callers change two members at once.
func TestConcurrentChangesAreNotLost(t *testing.T) {
	t.Parallel()
	server, _ := open(t, `{"N":0,"M":0}`)
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := map[string]int{}
	for range 3 {
		for _, name := range []string{"N", "M"} {
			wg.Go(func() {
				secret := secrets.Open(server.Config(), arn)
				for range 5 {
					err := secret.Change(t.Context(), name, func(values map[string]string) (string, error) {
						n, err := strconv.Atoi(values[name])
						return strconv.Itoa(n + 1), err
					})
					switch {
					case err == nil:
						mu.Lock()
						done[name]++
						mu.Unlock()
					case !errors.Is(err, secrets.ErrBusy):
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	got, err := secrets.ParseMembers(server.Secret(arn))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"N": strconv.Itoa(done["N"]), "M": strconv.Itoa(done["M"])}
	if !cmp.Equal(want, got) || done["N"]+done["M"] < 6 {
		t.Errorf("%v changes succeeded, and the secret holds %v", done, got)
	}
}

// Another program changes the secret while Change computes.
func TestChangeStartsAgainAfterAConcurrentChange(t *testing.T) {
	t.Parallel()
	server, secret := open(t, `{"N":1,"password":"old"}`)
	calls := 0
	err := secret.Change(t.Context(), "N", func(values map[string]string) (string, error) {
		if calls++; calls == 1 { // a rotation of the database's password
			server.SetSecret(arn, `{"N":7,"password":"new"}`)
		}
		return increment(values)
	})
	if got := server.Secret(arn); err != nil || calls != 2 || got != `{"N":8,"password":"new"}` {
		t.Errorf("after %d calls of compute it holds %s: %v", calls, got, err)
	}
	err = secret.Change(t.Context(), "N", func(values map[string]string) (string, error) {
		server.SetSecret(arn, `{"N":0}`)
		return increment(values)
	})
	if !errors.Is(err, secrets.ErrBusy) || server.Secret(arn) != `{"N":0}` {
		t.Errorf("%v; it holds %s", err, server.Secret(arn))
	}
}

// A rotation by Secrets Manager first copies the secret, and at the end makes its
// copy the current version. A change in between would be lost.
func TestChangeRefusesDuringARotation(t *testing.T) {
	t.Parallel()
	server, secret := open(t, `{"N":1,"password":"old"}`)
	client := secretsmanager.NewFromConfig(server.Config())
	id, text, token := arn, `{"N":1,"password":"new"}`, strings.Repeat("t", 32)
	_, err := client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: &id, SecretString: &text, ClientRequestToken: &token, VersionStages: []string{"AWSPENDING"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := secret.Change(t.Context(), "N", increment); !errors.Is(err, secrets.ErrPending) ||
		server.Calls(awstest.UpdateSecretVersionStage) != 0 {
		t.Errorf("%v", err)
	}
	finishRotation(t, server, token)
	if err := secret.Change(t.Context(), "N", increment); err != nil || server.Secret(arn) != `{"N":2,"password":"new"}` {
		t.Errorf("%v; it holds %s", err, server.Secret(arn))
	}
}

// finishRotation does what a rotation by Secrets Manager does last.
func finishRotation(t *testing.T, server *awstest.Server, token string) {
	t.Helper()
	client := secretsmanager.NewFromConfig(server.Config())
	id, label := arn, "AWSCURRENT"
	now, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &id})
	if err == nil {
		_, err = client.UpdateSecretVersionStage(t.Context(), &secretsmanager.UpdateSecretVersionStageInput{
			SecretId: &id, VersionStage: &label, MoveToVersionId: &token, RemoveFromVersionId: now.VersionId,
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFailedChangeChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		op      awstest.Operation
		failure awstest.Failure
		says    string
	}{
		"reading is denied":  {awstest.GetSecretValue, awstest.AccessDenied, "secretsmanager:GetSecretValue"},
		"writing is denied":  {awstest.PutSecretValue, awstest.AccessDenied, "secretsmanager:PutSecretValue"},
		"swapping is denied": {awstest.UpdateSecretVersionStage, awstest.AccessDenied, "secretsmanager:UpdateSecretVersionStage"},
		"an outage":          {awstest.PutSecretValue, awstest.ServerError, "no usable answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, secret := open(t, `{"N":1,"A":"`+canary+`"}`)
			server.Fail(c.op, awstest.Times(9, c.failure)...)
			err := secret.Change(t.Context(), "N", increment)
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "canary") ||
				!strings.Contains(err.Error(), arn) {
				t.Errorf("%v", err)
			}
			if !strings.Contains(server.Secret(arn), `"N":1`) {
				t.Errorf("it was changed: %s", server.Secret(arn))
			}
		})
	}
}

// Secrets Manager makes the change, but its response is lost.
func TestAChangeWhoseResponseIsLostIsMadeOnce(t *testing.T) {
	t.Parallel()
	server, secret := open(t, `{"N":1}`)
	lost := awstest.ServerError
	lost.AfterEffect = true
	server.Fail(awstest.UpdateSecretVersionStage, lost)
	server.Fail(awstest.PutSecretValue, lost)
	if err := secret.Change(t.Context(), "N", increment); err != nil || server.Secret(arn) != `{"N":2}` {
		t.Errorf("%v; it holds %s", err, server.Secret(arn))
	}
}

func TestChangeRefusesASecretThatIsTooLong(t *testing.T) {
	t.Parallel()
	server, secret := open(t, `{"N":1}`)
	err := secret.Change(t.Context(), "N", func(map[string]string) (string, error) { return `"` + strings.Repeat("x", 65536) + `"`, nil })
	if err == nil || server.Calls(awstest.PutSecretValue) != 0 {
		t.Error(err)
	}
}

func TestTheCallersContextEndsAChange(t *testing.T) {
	t.Parallel()
	server, secret := open(t, `{"N":1}`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := secret.Change(ctx, "N", increment); err == nil || server.Secret(arn) != `{"N":1}` {
		t.Error(err)
	}
}
