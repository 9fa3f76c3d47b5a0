package rotation_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"roster/shared/aws/secrets"
	"roster/shared/credential/keyring"
	"roster/shared/job/rotation"
)

// The schedule, a person and a retry may run at the same time.
func TestConcurrentRunsPublishOneKey(t *testing.T) {
	t.Parallel()
	d := newDeployment(t, initialSecret)
	var all sync.WaitGroup
	published := make(chan string, 100)
	for range 5 {
		all.Go(func() {
			report, err := d.job()(t.Context(), rotation.Request{Start: true})
			if err != nil && !errors.Is(err, secrets.ErrBusy) {
				t.Error(err)
			}
			for _, did := range report.Did {
				published <- did
			}
		})
	}
	all.Wait()
	if r := d.ring(); len(published) != 1 || len(r.Keys) != 1 || <-published != "published "+r.Keys[0].ID {
		t.Errorf("the ring is %v", r)
	}
}

// A rotation of the database's password that began before a run and ends after it
// overwrites the secret with the former ring. The next run takes the step again.
// Both rings accept every key that signed in the meantime.
func TestUndoneRunIsRepeated(t *testing.T) {
	t.Parallel()
	d := newDeployment(t, initialSecret)
	d.run(rotation.Request{}, "published")
	d.now = d.now.Add(24 * time.Hour)
	d.run(rotation.Request{}, "signs")
	d.run(rotation.Request{Start: true}, "published")
	d.now = d.now.Add(24 * time.Hour)

	overwritten := strings.Replace(d.server.Secret(arn), `"DATABASE_URL": "postgres://u:p`, `"DATABASE_URL": "postgres://u:q`, 1)
	d.run(rotation.Request{}, "retired", "signs")
	ahead := d.ring()
	signed, _ := ahead.Current()
	d.server.SetSecret(arn, overwritten)
	if _, _, ok := d.ring().Find(signed.ID, d.now); !ok {
		t.Errorf("%v has signed, and the former ring does not accept it", signed)
	}
	d.now = d.now.Add(24 * time.Hour)
	d.run(rotation.Request{}, "retired", "signs")
	if again, _ := d.ring().Current(); again.ID != signed.ID || again.State != keyring.Current || !strings.Contains(d.server.Secret(arn), "u:q") {
		t.Errorf("%v signs", again)
	}
}
