package rotation_test

import (
	"errors"
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
	// initialSecret has members from the template and from people.
	initialSecret = `{"DATABASE_URL": "postgres://u:p\u00e9@h/d",
	"ROOT_KEY": "canary-0123456789-ABCDEF-abcdefgh"}`
)

// deployment has a secret, the function that rotates its keys, and a clock.
type deployment struct {
	t      *testing.T
	server *awstest.Server
	now    time.Time
	rotation.Settings
}

func newDeployment(t *testing.T, text string) *deployment {
	t.Helper()
	server := awstest.New(t)
	server.SetSecret(arn, text)
	return &deployment{t, server, time.Date(2026, 1, 5, 2, 41, 0, 0, time.UTC), rotation.Settings{Days: 90, Algorithm: keyring.ES256}}
}

func (d *deployment) job() rotation.Job {
	return rotation.NewJob(rotation.Stores{Keys: secrets.Open(d.server.Config(), arn)}, d.Settings, d.clock)
}

func (d *deployment) clock() time.Time { return d.now }

// run invokes the function, and fails the test if it does not do exactly this.
func (d *deployment) run(request rotation.Request, want ...string) rotation.Report {
	d.t.Helper()
	report, err := d.job()(d.t.Context(), request)
	if err != nil {
		d.t.Fatal(err)
	}
	var did []string
	for _, what := range report.Did {
		verb, _, _ := strings.Cut(what, " ")
		did = append(did, verb)
	}
	if diff := cmp.Diff(want, did); diff != "" {
		d.t.Errorf("the run did (-want +got):\n%s", diff)
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

// A new deployment first signs with a shared secret that is derived from ROOT_KEY.
// The daily runs go on until the second key has replaced the first.
func TestDailyRunsOfANewDeployment(t *testing.T) {
	t.Parallel()
	d := newDeployment(t, initialSecret)
	report := d.run(rotation.Request{}, "published")
	if len(report.Keys) != 1 || report.Keys[0].State != keyring.Next || report.Keys[0].Due != "signs from 2026-01-05T05:51:00Z" {
		t.Errorf("the report is %+v", report)
	}
	d.run(rotation.Request{})
	d.now = d.now.Add(24 * time.Hour)
	report = d.run(rotation.Request{}, "signs")
	if report.Keys[0].Due != "the next is published from 2026-04-06T02:41:00Z" {
		t.Errorf("the report is %+v", report)
	}
	d.now = d.now.Add(90 * 24 * time.Hour)
	d.run(rotation.Request{}, "published")
	d.now = d.now.Add(24 * time.Hour)
	report = d.run(rotation.Request{}, "retired", "signs")
	if report.Keys[0].Due != "is honoured until 2026-04-07T03:56:30Z" {
		t.Errorf("the report is %+v", report)
	}
	d.now = d.now.Add(24 * time.Hour)
	d.run(rotation.Request{}, "removed")
	if !strings.HasPrefix(d.server.Secret(arn), strings.TrimSuffix(initialSecret, "}")+`,"JWT_KEYS":{"keys":[`) {
		t.Errorf("other members were changed: %s", d.server.Secret(arn))
	}
}

// Another service may verify tokens with the same JWT_SECRET_KEY.
func TestAGivenSharedSecretGoesOnSigning(t *testing.T) {
	t.Parallel()
	const text = `{"JWT_SECRET_KEY":"canary-0123456789-ABCDEF-abcdefgh"}`
	d := newDeployment(t, text)
	if report := d.run(rotation.Request{}); !strings.Contains(report.Note, "JWT_SECRET_KEY is given") || d.server.Secret(arn) != text {
		t.Errorf("%+v", report)
	}
	d.run(rotation.Request{Start: true}, "published")
	d.now = d.now.Add(24 * time.Hour)
	d.run(rotation.Request{}, "signs")
}

func TestZeroDaysRotateByHandOnly(t *testing.T) {
	t.Parallel()
	d := newDeployment(t, initialSecret)
	d.Days = 0
	d.run(rotation.Request{})
	if d.server.Secret(arn) != initialSecret || d.server.Calls(awstest.PutSecretValue) != 0 {
		t.Error("a run without start has published a key")
	}
	d.run(rotation.Request{Start: true}, "published")
	d.now = d.now.Add(keyring.PropagationTime)
	if report := d.run(rotation.Request{}, "signs"); report.Keys[0].Due != "changes by hand" {
		t.Errorf("%+v", report)
	}
}

func TestReplaceAllRevokesEveryKey(t *testing.T) {
	t.Parallel()
	d := newDeployment(t, initialSecret)
	d.run(rotation.Request{}, "published")
	d.now = d.now.Add(24 * time.Hour)
	d.run(rotation.Request{}, "signs")
	old, _ := d.ring().Current()
	d.run(rotation.Request{ReplaceAll: true}, "signs", "removed")
	r := d.ring()
	if k, ok := r.Current(); !ok || k.ID == old.ID || len(r.Keys) != 1 || r.AcceptsHS256(d.now) {
		t.Errorf("%v", r)
	}
	if _, _, ok := r.Find(old.ID, d.now); ok {
		t.Error("the old key is accepted")
	}
	d.server.SetSecret(arn, `{"JWT_KEYS":{"damaged":true}}`)
	if _, err := d.job()(t.Context(), rotation.Request{}); err == nil || !strings.Contains(err.Error(), "JWT_KEYS is not a ring of keys") {
		t.Errorf("a damaged ring: %v", err)
	}
	d.run(rotation.Request{ReplaceAll: true}, "signs")
	d.ring()
}

func TestAnotherAlgorithmTakesOver(t *testing.T) {
	t.Parallel()
	d := newDeployment(t, initialSecret)
	d.run(rotation.Request{}, "published")
	d.now = d.now.Add(24 * time.Hour)
	d.run(rotation.Request{}, "signs")
	d.Algorithm = keyring.EdDSA
	d.run(rotation.Request{Start: true}, "published")
	d.now = d.now.Add(24 * time.Hour)
	d.run(rotation.Request{}, "retired", "signs")
	if k, _ := d.ring().Current(); k.Algorithm != keyring.EdDSA {
		t.Errorf("%v signs", k)
	}
}

// With a key of KMS, no version of the secret ever has an unencrypted private key.
func TestWrappedKeysLeaveNoPrivateKeyInTheSecret(t *testing.T) {
	t.Parallel()
	for _, alg := range []keyring.Algorithm{keyring.ES256, keyring.RS256} {
		d := newDeployment(t, initialSecret)
		d.server.AddKey(keyARN)
		wrapper := kms.New(d.server.Config(), keyARN, arn)
		d.Wrapper, d.Algorithm = wrapper, alg
		d.run(rotation.Request{}, "published")
		d.now = d.now.Add(24 * time.Hour)
		if report := d.run(rotation.Request{}, "signs"); !report.Keys[0].Wrapped {
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
			t.Errorf("%s: KMS does not unwrap the key: %v", alg, err)
		}
		d.server.Fail(awstest.Encrypt, awstest.AccessDenied)
		before := d.server.Secret(arn)
		if _, err := d.job()(t.Context(), rotation.Request{Start: true}); !errors.Is(err, kms.ErrAccessDenied) || d.server.Secret(arn) != before {
			t.Errorf("without KMS: %v", err)
		}
	}
}
