package rotation_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/awstest"
	"roster/shared/aws/kms"
	"roster/shared/aws/secrets"
	"roster/shared/credential/keyring"
	"roster/shared/job/rotation"
)

const (
	arn    = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:roster-AbCdEf"
	keyARN = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
	// before is a secret as the template and people make it.
	before = `{"DATABASE_URL": "postgres://u:p\u00e9@h/d",
	"ROOT_KEY": "canary-0123456789-ABCDEF-abcdefgh"}`
)

// deployment is a secret, and the function that rotates, with a clock.
type deployment struct {
	t      *testing.T
	server *awstest.Server
	now    time.Time
	rotation.Settings
}

func deploy(t *testing.T, text string) *deployment {
	t.Helper()
	server := awstest.New(t)
	server.SetSecret(arn, text)
	return &deployment{t, server, time.Date(2026, 1, 5, 2, 41, 0, 0, time.UTC), rotation.Settings{Days: 90, Algorithm: keyring.ES256}}
}

func (d *deployment) job() rotation.Job {
	return rotation.NewJob(secrets.Open(d.server.Config(), arn), d.Settings, func() time.Time { return d.now })
}

// run is an invocation that must do certain things.
func (d *deployment) run(ask rotation.Ask, want ...string) rotation.Report {
	d.t.Helper()
	report, err := d.job()(d.t.Context(), ask)
	if err != nil {
		d.t.Fatal(err)
	}
	var did []string
	for _, what := range report.Did {
		verb, _, _ := strings.Cut(what, " ")
		did = append(did, verb)
	}
	if diff := cmp.Diff(want, did); diff != "" {
		d.t.Errorf("it did (-want +got):\n%s", diff)
	}
	return report
}

func (d *deployment) ring() *keyring.Ring {
	d.t.Helper()
	values, err := secrets.ParseMembers(d.server.Secret(arn))
	if err != nil {
		d.t.Fatal(err)
	}
	r, err := keyring.Parse(values["JWT_KEYS"])
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

// A new deployment, from the derived shared secret to the second key.
func TestDailyRunsOfANewDeployment(t *testing.T) {
	t.Parallel()
	d := deploy(t, before)
	report := d.run(rotation.Ask{}, "published")
	if len(report.Keys) != 1 || report.Keys[0].State != keyring.Next || report.Keys[0].Due != "signs from 2026-01-05T05:51:00Z" {
		t.Errorf("the report is %+v", report)
	}
	d.run(rotation.Ask{})
	d.now = d.now.Add(24 * time.Hour)
	report = d.run(rotation.Ask{}, "signs")
	if report.Keys[0].Due != "the next is published from 2026-04-06T02:41:00Z" {
		t.Errorf("the report is %+v", report)
	}
	d.now = d.now.Add(90 * 24 * time.Hour)
	d.run(rotation.Ask{}, "published")
	d.now = d.now.Add(24 * time.Hour)
	report = d.run(rotation.Ask{}, "retired", "signs")
	if report.Keys[0].Due != "is honoured until 2026-04-07T03:56:30Z" {
		t.Errorf("the report is %+v", report)
	}
	d.now = d.now.Add(24 * time.Hour)
	d.run(rotation.Ask{}, "removed")
	if !strings.HasPrefix(d.server.Secret(arn), strings.TrimSuffix(before, "}")+`,"JWT_KEYS":{"keys":[`) {
		t.Errorf("other members were changed: %s", d.server.Secret(arn))
	}
}

// Who gave JWT_SECRET_KEY may have given it to another service, too.
func TestAGivenSharedSecretGoesOnSigning(t *testing.T) {
	t.Parallel()
	const text = `{"JWT_SECRET_KEY":"canary-0123456789-ABCDEF-abcdefgh"}`
	d := deploy(t, text)
	if report := d.run(rotation.Ask{}); !strings.Contains(report.Note, "JWT_SECRET_KEY is given") || d.server.Secret(arn) != text {
		t.Errorf("%+v", report)
	}
	d.run(rotation.Ask{Start: true}, "published")
	d.now = d.now.Add(24 * time.Hour)
	d.run(rotation.Ask{}, "signs")
}

func TestByHandOnly(t *testing.T) {
	t.Parallel()
	d := deploy(t, before)
	d.Days = 0
	d.run(rotation.Ask{})
	if d.server.Secret(arn) != before || d.server.Calls(awstest.PutSecretValue) != 0 {
		t.Error("it began by itself")
	}
	d.run(rotation.Ask{Start: true}, "published")
	d.now = d.now.Add(keyring.PropagationTime)
	if report := d.run(rotation.Ask{}, "signs"); report.Keys[0].Due != "changes by hand" {
		t.Errorf("%+v", report)
	}
}

func TestReplaceAll(t *testing.T) {
	t.Parallel()
	d := deploy(t, before)
	d.run(rotation.Ask{}, "published")
	d.now = d.now.Add(24 * time.Hour)
	d.run(rotation.Ask{}, "signs")
	old, _ := d.ring().Current()
	d.run(rotation.Ask{ReplaceAll: true}, "signs", "removed")
	r := d.ring()
	if k, ok := r.Current(); !ok || k.ID == old.ID || len(r.Keys) != 1 || r.AcceptsHS256(d.now) {
		t.Errorf("%v", r)
	}
	if _, _, ok := r.Find(old.ID, d.now); ok {
		t.Error("the old key is honoured")
	}
	d.server.SetSecret(arn, `{"JWT_KEYS":{"damaged":true}}`)
	if _, err := d.job()(t.Context(), rotation.Ask{}); err == nil || !strings.Contains(err.Error(), "JWT_KEYS is not a ring of keys") {
		t.Errorf("a damaged ring: %v", err)
	}
	d.run(rotation.Ask{ReplaceAll: true}, "signs")
	d.ring()
}

func TestAnotherAlgorithmTakesOver(t *testing.T) {
	t.Parallel()
	d := deploy(t, before)
	d.run(rotation.Ask{}, "published")
	d.now = d.now.Add(24 * time.Hour)
	d.run(rotation.Ask{}, "signs")
	d.Algorithm = keyring.EdDSA
	d.run(rotation.Ask{Start: true}, "published")
	d.now = d.now.Add(24 * time.Hour)
	d.run(rotation.Ask{}, "retired", "signs")
	if k, _ := d.ring().Current(); k.Algorithm != keyring.EdDSA {
		t.Errorf("%v signs", k)
	}
}

// Under a key of KMS, no copy of the secret has a private key, at any time.
func TestWrappedKeys(t *testing.T) {
	t.Parallel()
	for _, alg := range []keyring.Algorithm{keyring.ES256, keyring.RS256} {
		d := deploy(t, before)
		d.server.AddKey(keyARN)
		wrapper := kms.New(d.server.Config(), keyARN, arn)
		d.Wrapper, d.Algorithm = wrapper, alg
		d.run(rotation.Ask{}, "published")
		d.now = d.now.Add(24 * time.Hour)
		if report := d.run(rotation.Ask{}, "signs"); !report.Keys[0].Wrapped {
			t.Errorf("%+v", report)
		}
		if strings.Contains(d.server.Secret(arn), `"private"`) {
			t.Errorf("the secret holds %s", d.server.Secret(arn))
		}
		k, _ := d.ring().Current()
		pkcs8, err := wrapper.Unwrap(t.Context(), k.ID, k.Wrapped)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Unwrap(pkcs8); err != nil {
			t.Errorf("%s: what KMS opens is not the key: %v", alg, err)
		}
		d.server.Fail(awstest.Encrypt, awstest.AccessDenied)
		was := d.server.Secret(arn)
		if _, err := d.job()(t.Context(), rotation.Ask{Start: true}); !errors.Is(err, kms.ErrAccessDenied) || d.server.Secret(arn) != was {
			t.Errorf("without KMS: %v", err)
		}
	}
}

// What is logged and answered shows no private key.
func TestNothingIsShown(t *testing.T) {
	var log bytes.Buffer
	was := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(was)
	d := deploy(t, before)
	var shown []any
	for _, ask := range []rotation.Ask{{}, {Start: true}, {ReplaceAll: true}} {
		answer, err := rotation.Handler(d.job())(t.Context(), marshal(t, ask))
		if err != nil {
			t.Fatal(err)
		}
		shown = append(shown, answer)
		var doc struct {
			Keys struct{ Keys []struct{ Private string } } `json:"JWT_KEYS"`
		}
		if err := json.Unmarshal([]byte(d.server.Secret(arn)), &doc); err != nil {
			t.Fatal(err)
		}
		for _, k := range doc.Keys.Keys {
			raw, err := base64.StdEncoding.DecodeString(k.Private)
			if err != nil || len(raw) == 0 {
				t.Fatal("no private key to look for")
			}
			for _, form := range []string{k.Private, fmt.Sprint(raw), fmt.Sprintf("%x", raw[36:68])} {
				if text := log.String() + fmt.Sprintf("%+v %s", shown, marshal(t, shown)); strings.Contains(text, form) || strings.Contains(text, "canary") {
					t.Errorf("shown: %s", text)
				}
			}
		}
	}
	for _, line := range []string{`"msg":"audit","action":"key_published","kid":"`, `"action":"key_signs"`, `"action":"key_removed"`} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("the log has no %s:\n%s", line, log.String())
		}
	}
}

func marshal(t *testing.T, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestHandlerTakesAnyEvent(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]rotation.Ask{
		`{"detail-type":"Scheduled Event","source":"aws.events","detail":{}}`: {},
		`{}`: {}, `null`: {}, `[]`: {}, `"start"`: {}, ``: {}, `{"start":"yes"}`: {},
		`{"start":true}`: {Start: true}, `{"replace_all":true}`: {ReplaceAll: true},
	} {
		var got rotation.Ask
		_, err := rotation.Handler(func(_ context.Context, ask rotation.Ask) (rotation.Report, error) {
			got = ask
			return rotation.Report{}, nil
		})(t.Context(), json.RawMessage(event))
		if got != want || err != nil {
			t.Errorf("%s: %+v, %v", event, got, err)
		}
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secrets.json")
	if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	job := rotation.NewJob(rotation.File(file), rotation.Settings{Days: 90, Algorithm: keyring.EdDSA}, func() time.Time { return now })
	for _, want := range []string{"published ", "signs "} {
		report, err := job(t.Context(), rotation.Ask{})
		if err != nil || len(report.Did) != 1 || !strings.HasPrefix(report.Did[0], want) {
			t.Errorf("%+v, %v", report, err)
		}
		now = now.Add(24 * time.Hour)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(text), strings.TrimSuffix(before, "}")) {
		t.Errorf("%s, %v", text, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	left, err := filepath.Glob(file + "*")
	if err != nil || len(left) != 1 {
		t.Errorf("left are %v", left)
	}
}

func TestFileFailures(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	settings := rotation.Settings{Days: 90, Algorithm: keyring.EdDSA}
	for text, says := range map[string]string{"": "no such file", "canary": "its content cannot be used", `{"JWT_KEYS":1}`: "JWT_KEYS is not a ring"} {
		file := filepath.Join(dir, fmt.Sprint(len(text)))
		if text != "" {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := rotation.NewJob(rotation.File(file), settings, time.Now)(t.Context(), rotation.Ask{})
		if err == nil || !strings.Contains(err.Error(), says) || strings.Count(err.Error(), file) != 1 {
			t.Errorf("%q: %v", text, err)
		}
	}
	file := filepath.Join(dir, "busy")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := rotation.File(file).Change(t.Context(), "A", func(map[string]string) (string, error) {
		return "1", os.WriteFile(file, []byte(`{"B":2}`), 0o600)
	})
	if text, _ := os.ReadFile(file); !errors.Is(err, rotation.ErrChanged) || string(text) != `{"B":2}` {
		t.Errorf("%v; it holds %s", err, text)
	}
}
