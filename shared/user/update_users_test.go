package user_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/user"
)

// bulkStore has accounts by name, and does to a batch what the test wants.
type bulkStore struct {
	store
	targets map[string]user.BulkTarget
	admins  int
	// each is called for each batch, from 1, before it is written. It may change what
	// is stored, and its error is the store's.
	each    func(batch int) error
	batches [][]user.BulkWrite
}

func newBulkStore(n int) *bulkStore {
	s := &bulkStore{store: store{users: []*user.User{boss()}}, targets: map[string]user.BulkTarget{}, admins: 1}
	for i := range n {
		name := fmt.Sprintf("user%d", i)
		s.targets[name] = user.BulkTarget{UUID: "uuid of " + name, Username: name, Role: user.RoleUser, Active: true}
	}
	s.targets["boss"] = user.BulkTarget{UUID: rootUUID, Username: "boss", Role: user.RoleAdmin, Active: true}
	return s
}

func (s *bulkStore) BulkTargets(_ context.Context, usernames []string) (found []user.BulkTarget, admins int, err error) {
	for _, name := range usernames {
		if t, ok := s.targets[name]; ok {
			found = append(found, t)
		}
	}
	return found, s.admins, s.call("BulkTargets")
}

func (s *bulkStore) UpdateUsers(_ context.Context, _ request.Caller, writes []user.BulkWrite, _ time.Time) (o user.BulkOutcome, err error) {
	s.batches = append(s.batches, writes)
	if s.each != nil {
		if err := s.each(len(s.batches)); errors.Is(err, fault.Unauthenticated) {
			return user.BulkOutcome{CallerRefused: true}, nil
		} else if err != nil {
			return o, err
		}
	}
	o.Written = map[string]bool{}
	for _, w := range writes {
		if s.targets[w.Target.Username] == w.Target && !w.Refused {
			o.Written[w.Target.UUID] = true
		}
	}
	return o, nil
}

// deactivations are changes of user0, user1 and so on.
func deactivations(n int) (changes []user.BulkChange) {
	for i := range n {
		changes = append(changes, user.BulkChange{Username: fmt.Sprintf("user%d", i), Active: new(bool)})
	}
	return changes
}

func updateMany(ctx context.Context, s *bulkStore, changes []user.BulkChange) (codes map[fault.Code]int, err error) {
	results, err := user.UpdateMany(ctx, requestBy(callerOf(boss())), s, changes, nil)
	if results != nil {
		codes = map[fault.Code]int{}
	}
	for _, r := range results {
		codes[code(r)]++
	}
	return codes, err
}

// Each change that is not done is said to be not done, however the call ends.
func TestABulkChangeIsNeverHalfAnswered(t *testing.T) {
	t.Parallel()
	rename := func(s *bulkStore, n int) {
		for i := range n {
			name := fmt.Sprintf("user%d", i)
			target := s.targets[name]
			target.Role = map[user.Role]user.Role{user.RoleUser: user.RoleAdmin, user.RoleAdmin: user.RoleUser}[target.Role]
			s.targets[name] = target
		}
	}
	for name, c := range map[string]struct {
		each func(s *bulkStore) func(batch int) error
		want map[fault.Code]int // results; nil if the whole call is refused
		err  fault.Code
	}{
		"all is well":               {nil, map[fault.Code]int{"": 600}, ""},
		"an outage from the start":  {func(*bulkStore) func(int) error { return func(int) error { return errOutage } }, nil, fault.Unavailable},
		"an outage in the middle":   {func(*bulkStore) func(int) error { return failAt(2, errOutage) }, map[fault.Code]int{"": 250, fault.Unavailable: 350}, ""},
		"demoted before the start":  {func(*bulkStore) func(int) error { return failAt(1, fault.NotLoggedIn()) }, nil, fault.Unauthenticated},
		"demoted in the middle":     {func(*bulkStore) func(int) error { return failAt(3, fault.NotLoggedIn()) }, map[fault.Code]int{"": 500, fault.Unauthenticated: 100}, ""},
		"others change 10 of them":  {func(s *bulkStore) func(int) error { return once(func() { rename(s, 10) }) }, map[fault.Code]int{"": 600}, ""},
		"others keep changing them": {func(s *bulkStore) func(int) error { return func(int) error { rename(s, 10); return nil } }, map[fault.Code]int{"": 590, fault.Unavailable: 10}, ""},
		"an outage at the second try": {func(s *bulkStore) func(int) error {
			return func(batch int) error {
				if rename(s, 10); batch == 2 {
					return errOutage
				}
				return nil
			}
		}, map[fault.Code]int{"": 240, fault.Unavailable: 360}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newBulkStore(600)
			s.admins = 1000
			if c.each != nil {
				s.each = c.each(s)
			}
			got, err := updateMany(t.Context(), s, deactivations(600))
			if diff := cmp.Diff(c.want, got); diff != "" || code(err) != c.err {
				t.Errorf("%v; results (-want +got):\n%s", err, diff)
			}
		})
	}
}

func failAt(n int, err error) func(int) error {
	return func(batch int) error {
		if batch == n {
			return err
		}
		return nil
	}
}

func once(f func()) func(int) error {
	return func(batch int) error {
		if batch == 1 {
			f()
		}
		return nil
	}
}

// What there is no time for is not begun.
func TestABulkChangeEndsBeforeItsTime(t *testing.T) {
	t.Parallel()
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	s := newBulkStore(300)
	if got, err := updateMany(short, s, deactivations(300)); got != nil || code(err) != fault.Unavailable || len(s.batches) > 0 {
		t.Errorf("%v, %v after %d batches", got, err, len(s.batches))
	}
	enough, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if got, err := updateMany(enough, s, deactivations(300)); got[""] != 300 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// Within a batch the changes are decided one after the other, as single calls would
// be. The caller's own account comes last, in a batch of its own.
func TestABulkChangeIsDecidedInOrder(t *testing.T) {
	t.Parallel()
	s := newBulkStore(3)
	admin, member := user.RoleAdmin, user.RoleUser
	results, err := user.UpdateMany(t.Context(), requestBy(callerOf(boss())), s, []user.BulkChange{
		{Username: "Boss", Delete: ptr(true)}, {Username: "user0", Role: &admin}, {Username: "user1", Role: &member, Active: ptr(true)}, {Username: "nobody", Active: ptr(true)},
	}, nil)
	if err != nil || code(results[3]) != fault.NotFound {
		t.Fatalf("%v, %v", results, err)
	}
	var events []string
	for _, batch := range s.batches {
		for _, w := range batch {
			if w.Event.Target != w.Target.UUID || w.Event.Actor != rootUUID {
				t.Errorf("the event of %s is %+v", w.Target.Username, w.Event)
			}
			events = append(events, fmt.Sprint(w.Target.Username, w.Event.Actions, w.Event.Detail, w.Delete, w.Refused))
		}
		events = append(events, "written")
	}
	want := []string{
		fmt.Sprint("user0", []audit.Action{"role_changed"}, map[string]string{"role": "ADMIN"}, false, false),
		fmt.Sprint("user1", []audit.Action{"profile_changed"}, map[string]string{"active": "true", "role": "USER"}, false, false),
		"written",
		fmt.Sprint("boss", []audit.Action{"delete_failed"}, map[string]string(nil), false, true), // the fake has not promoted user0
		"written",
	}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if code(results[0]) != fault.Conflict {
		t.Errorf("the last admin: %v", results[0])
	}
}
